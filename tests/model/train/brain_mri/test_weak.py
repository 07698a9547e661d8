import hashlib
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from model.bundle import BundleError
from model.train.brain_mri import data, weak

from .test_data import drawn

ORIGINALS = {
    "br35h/tumour/one.jpg": drawn(0, "RGB", "JPEG"),
    "navoneel/notumour/two.jpg": drawn(1, "L", "PNG"),
}


def rows(origin: str) -> list[data.Row]:
    return [
        {
            "path": path,
            "url": f"{origin}/{path}",
            "sha256": hashlib.sha256(original).hexdigest(),
            "group": str(7 + place),
            "fold": str(place - 1),
        }
        for place, (path, original) in enumerate(ORIGINALS.items())
    ]


def check(scans: weak.WeakScans) -> None:
    assert scans.jpegs == tuple(data.stored(original) for original in ORIGINALS.values())
    assert scans.targets.tolist() == [weak.TUMOUR, weak.NO_TUMOUR]
    assert scans.collections.tolist() == ["br35h", "navoneel"]
    assert (scans.groups.tolist(), scans.folds.tolist()) == ([7, 8], [-1, 0])


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    archive = tmp_path / weak.ARCHIVE
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as file:
        for path, original in ORIGINALS.items():
            file.writestr(path, data.stored(original))
    monkeypatch.setattr(weak, "DIGEST", hashlib.sha256(archive.read_bytes()).hexdigest())
    monkeypatch.setenv("MLSERVING_DATA", str(tmp_path))
    return archive


def test_a_mirror_is_read_instead_of_the_origin(mirror: Path) -> None:
    check(weak.load(rows("http://127.0.0.1:9"), print))


def test_a_changed_mirror_is_refused(mirror: Path) -> None:
    mirror.write_bytes(b"other")
    with pytest.raises(BundleError, match="weak_192px"):
        weak.load(rows("http://127.0.0.1:9"), print)


def test_originals_in_the_cache_are_checked_and_made_smaller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLSERVING_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for path, original in ORIGINALS.items():
        file = tmp_path / "mlserving" / "brain_mri" / "weak" / path
        file.parent.mkdir(parents=True)
        file.write_bytes(original)
    check(weak.load(rows("http://127.0.0.1:9"), print))


def test_a_near_copy_of_a_slice_has_its_group_and_fold() -> None:
    folds = {row["group"]: row["fold"] for row in data.table()}
    table = weak.table()
    assert len(table) == weak.SOURCE["rows"]
    assert {row["fold"] for row in table if row["group"] not in folds} == {"-1"}
    near = [row for row in table if row["group"] in folds]
    assert len(near) == 86
    assert all(row["fold"] == folds[row["group"]] for row in near)


def test_no_slice_has_more_than_three_near_copies_in_the_table() -> None:
    assert max(Counter(row["group"] for row in weak.table()).values()) == 3

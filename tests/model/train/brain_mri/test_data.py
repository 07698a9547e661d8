import hashlib
import io
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.bundle import BundleError
from model.train import datasets
from model.train.brain_mri import data, weak
from model.train.brain_mri.data import Row

PATHS = (
    "Training/glioma/one.jpg",
    "Training/notumor/two.jpg",
    "Testing/pituitary/three.jpg",
    "Testing/meningioma/four.jpg",
)


def drawn(place: int, mode: str, form: str) -> bytes:
    shades = np.add.outer(np.arange(300 + 10 * place), np.arange(200)) // 2
    file = io.BytesIO()
    Image.fromarray(shades.astype(np.uint8)).convert(mode).save(file, form)
    return file.getvalue()


ORIGINALS = {
    path: drawn(place, mode, form)
    for place, (path, mode, form) in enumerate(
        zip(PATHS, ("L", "P", "RGB", "RGBA"), ("JPEG", "PNG", "JPEG", "PNG"), strict=True)
    )
}
ROWS: list[Row] = [
    {
        "path": path,
        "sha256": hashlib.sha256(original).hexdigest(),
        "group": str(place),
        "fold": str(place + 1),
        "collection": "figshare" if place % 2 else "sartaj",
        "sample": str(int(place in {1, 2})),
    }
    for place, (path, original) in enumerate(ORIGINALS.items())
]


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the parent's name)
        pass


@pytest.fixture
def origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a server of the originals; the cache is empty."""
    folder = tmp_path / "origin"
    for path, original in ORIGINALS.items():
        file = folder / (path[0].lower() + path[1:])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(original)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.delenv("MLSERVING_DATA", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setattr(data, "ORIGIN", f"http://127.0.0.1:{server.server_port}/")
        yield folder
        server.shutdown()


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the three archives."""
    (tmp_path / "brain_mri").mkdir()
    members = [
        {path: data.stored(ORIGINALS[path]) for path in PATHS[:2]},
        {path: data.stored(ORIGINALS[path]) for path in PATHS[2:]},
        {"png_bytes_named_jpg/two.jpg": ORIGINALS[PATHS[1]], PATHS[2]: ORIGINALS[PATHS[2]]},
    ]
    archives = {}
    for name, content in zip(data.ARCHIVES, members, strict=True):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for member, content_bytes in content.items():
                archive.writestr(member, content_bytes)
        archives[name] = hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    monkeypatch.setattr(data, "ARCHIVES", archives)
    monkeypatch.setenv("MLSERVING_DATA", str(tmp_path))
    return tmp_path


def check(scans: data.Scans) -> None:
    assert scans.jpegs == tuple(data.stored(original) for original in ORIGINALS.values())
    assert scans.classes.tolist() == [0, 2, 3, 1]
    assert scans.folds.tolist() == [1, 2, 3, 4]
    assert scans.groups.tolist() == [0, 1, 2, 3]
    assert scans.collections.tolist() == ["sartaj", "figshare", "sartaj", "figshare"]
    assert scans.originals == {1: ORIGINALS[PATHS[1]], 2: ORIGINALS[PATHS[2]]}


def test_scans_are_downloaded_once(origin: Path) -> None:
    logged: list[str] = []
    check(data.load(ROWS, logged.append))
    assert logged == ["Read 4 of 4 scans."]
    for file in origin.rglob("*.jpg"):
        file.unlink()
    check(data.load(ROWS, logged.append))


def test_a_changed_original_is_refused(origin: Path) -> None:
    (origin / "testing/pituitary/three.jpg").write_bytes(ORIGINALS[PATHS[0]])
    with pytest.raises(BundleError, match=r"Testing/pituitary/three\.jpg cannot be read"):
        data.load(ROWS, print)


def test_a_mirror_is_read_instead_of_the_origin(mirror: Path) -> None:
    check(data.load(ROWS, print))


def test_a_changed_mirror_is_refused(mirror: Path) -> None:
    (mirror / "brain_mri/testing_192px.zip").write_bytes(b"other")
    with pytest.raises(BundleError, match="testing_192px"):
        data.load(ROWS, print)


@pytest.mark.parametrize(("path", "size"), [(PATHS[0], (128, 192)), (PATHS[3], (116, 192))])
def test_stored_pictures_are_small_and_grey(path: str, size: tuple[int, int]) -> None:
    picture = Image.open(io.BytesIO(data.stored(ORIGINALS[path])))
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "L", size)


def test_small_pictures_are_not_enlarged() -> None:
    file = io.BytesIO()
    Image.new("RGB", (60, 40)).save(file, "PNG")
    assert Image.open(io.BytesIO(data.stored(file.getvalue()))).size == (60, 40)


def test_no_group_of_near_copies_is_in_two_folds() -> None:
    rows = data.table()
    assert len(rows) == data.SOURCE["rows"]
    assert len({row["path"] for row in rows}) == len(rows)
    folds_of_group: dict[str, set[str]] = {}
    for row in rows:
        folds_of_group.setdefault(row["group"], set()).add(row["fold"])
    assert {len(folds) for folds in folds_of_group.values()} == {1}
    assert Counter(row["fold"] for row in rows)["0"] == 1405


def test_ct_is_labelled_as_without_a_tumour() -> None:
    ct = [row for row in (*data.table(), *weak.table()) if int(row["group"]) in data.CT_GROUPS]
    assert len(ct) == 73
    assert sum(row["fold"] == "0" for row in ct) == 19
    assert {Path(row["path"]).parent.name for row in ct} == {"notumor", "notumour"}
    assert {int(row["group"]) for row in ct} == set(data.CT_GROUPS)


def test_every_scan_without_a_tumour_is_healthy() -> None:
    for row in data.table():
        assert (row["collection"] == "healthy") == ("/notumor/" in row["path"])


@pytest.mark.slow
@pytest.mark.data
def test_the_origin_gives_the_pictures_of_the_mirror() -> None:
    rows = [row for row in data.table() if row["sample"] == "1"]
    scans = data.load(rows, print)
    assert len(scans.originals) == len(rows)
    for place, row in enumerate(rows):
        original = scans.originals[place]
        assert hashlib.sha256(original).hexdigest() == row["sha256"]
        made, mirrored = (
            np.asarray(Image.open(io.BytesIO(data)), int) for data in (data.stored(original), scans.jpegs[place])
        )
        assert np.abs(made - mirrored).max() <= 1
    assert datasets.mirror()

"""The media-cost rows, from a mirror and from an origin on this machine."""

import hashlib
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pandas as pd
import pytest

from model.bundle import BundleError
from model.train.tabular import campaigns

USED = [0, 3, 4, 17]
FLAGS = ["recyclable_package", "low_fat", "coffee_bar", "video_store", "salad_bar", "prepared_food", "florist"]


@pytest.fixture
def published() -> pd.DataFrame:
    """Return 21 rows as the origin has them: with columns that are not used, and names outside ASCII."""
    random = np.random.default_rng(0)
    numbers = random.integers(1, 999, (21, len(campaigns.COLUMNS) + 1)) / 100
    table = pd.DataFrame(numbers, columns=[*campaigns.COLUMNS, campaigns.TARGET]).assign(brand_name="Café")
    return table.assign(**{name: random.integers(0, 2, 21) for name in FLAGS})


@pytest.fixture
def origin(published: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Serve the archive, of which four rows are used, and return its path. The cache is empty."""
    archive = tmp_path / "origin" / "archive"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("media.csv", published.to_csv(index=False).encode("latin-1"))
    bits = np.zeros(len(published), np.uint8)
    bits[USED] = 1
    np.packbits(bits).tofile(tmp_path / "rows.bin")
    numbers = published.iloc[USED][[*campaigns.COLUMNS, campaigns.TARGET]].to_numpy("<f8")
    monkeypatch.setattr(campaigns, "ROWS", tmp_path / "rows.bin")
    monkeypatch.setattr(campaigns, "NUMBERS_DIGEST", hashlib.sha256(numbers.tobytes()).hexdigest())
    monkeypatch.delenv("MLSERVING_DATA", raising=False)
    monkeypatch.setattr("model.train.datasets.pooch.os_cache", lambda name: tmp_path / name)
    handler = partial(SimpleHTTPRequestHandler, directory=str(archive.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        monkeypatch.setattr(campaigns, "ORIGIN", f"http://127.0.0.1:{server.server_port}/archive")
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield archive
        server.shutdown()
        thread.join()


def test_the_used_rows_come_from_the_origin_and_stay_in_the_cache(origin: Path, published: pd.DataFrame) -> None:
    campaigns.require()
    rows, cost = campaigns.load()
    assert rows.to_dict("list") == published.iloc[USED][list(campaigns.COLUMNS)].to_dict("list")
    assert cost.tolist() == published[campaigns.TARGET].iloc[USED].tolist()
    origin.unlink()
    assert len(campaigns.load()[0]) == len(USED)


def test_changed_numbers_are_refused(origin: Path, published: pd.DataFrame) -> None:
    with zipfile.ZipFile(origin, "w") as files:
        files.writestr("media.csv", published.assign(florist=0).to_csv(index=False).encode("latin-1"))
    with pytest.raises(BundleError, match="have changed"):
        campaigns.load()


@pytest.mark.parametrize("content", [b"<!doctype html>", b""])
def test_a_page_in_place_of_the_archive_is_refused(origin: Path, content: bytes) -> None:
    origin.write_bytes(content)
    with pytest.raises(BundleError, match="is not the archive that was expected"):
        campaigns.load()


def test_an_archive_of_other_files_is_refused(origin: Path) -> None:
    with zipfile.ZipFile(origin, "w") as files:
        files.writestr("media.csv", "a,b\n1,2\n")
    with pytest.raises(BundleError, match="is not the archive that was expected"):
        campaigns.load()


def test_a_changed_file_of_the_mirror_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLSERVING_DATA", str(tmp_path))
    with pytest.raises(BundleError, match=r"media_cost_16col\.csv\.gz is not in"):
        campaigns.require()
    (tmp_path / campaigns.FILE).parent.mkdir()
    (tmp_path / campaigns.FILE).write_bytes(b"other")
    campaigns.require()
    with pytest.raises(BundleError, match="has changed"):
        campaigns.load()


def test_the_rows_to_use_are_as_many_as_the_card_says() -> None:
    assert np.unpackbits(np.fromfile(campaigns.ROWS, np.uint8)).sum() == campaigns.SOURCE["rows"]


def test_the_example_has_the_medians_and_flags_are_boolean(published: pd.DataFrame) -> None:
    task = campaigns.task(published[list(campaigns.COLUMNS)])
    assert task.example["store_sqft"] == published["store_sqft"].median()
    assert [feature.name for feature in task.features if feature.boolean] == FLAGS

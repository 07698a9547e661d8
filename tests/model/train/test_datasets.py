import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from model.bundle import BundleError
from model.train import datasets

CONTENT = b"some data"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
NOWHERE = "http://127.0.0.1:9/file"  # nobody listens there


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLSERVING_DATA", str(tmp_path))
    return tmp_path


def test_a_file_is_read_from_the_mirror(mirror: Path) -> None:
    (mirror / "set").mkdir()
    (mirror / "set" / "file").write_bytes(CONTENT)
    assert datasets.fetch("set/file", DIGEST, NOWHERE).read_bytes() == CONTENT


def test_a_changed_file_of_the_mirror_is_refused(mirror: Path) -> None:
    (mirror / "file").write_bytes(CONTENT + b"!")
    with pytest.raises(BundleError, match="has changed: its SHA-256 is not the expected one"):
        datasets.fetch("file", DIGEST, NOWHERE)


def test_a_file_missing_from_the_mirror_is_reported(mirror: Path) -> None:
    with pytest.raises(BundleError, match=f"file cannot be read from {mirror}"):
        datasets.fetch("file", DIGEST, NOWHERE)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MLSERVING_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("model.train.datasets.pooch.os_cache", lambda name: tmp_path / name)
    return tmp_path / "mlserving"


def test_a_cached_file_is_not_downloaded_again(cache: Path) -> None:
    (cache / "set").mkdir(parents=True)
    (cache / "set" / "file").write_bytes(CONTENT)
    assert datasets.fetch("set/file", DIGEST, NOWHERE) == cache / "set" / "file"


def test_an_unreachable_origin_is_reported(cache: Path) -> None:
    with pytest.raises(BundleError, match=f"set/file cannot be read from {NOWHERE}"):
        datasets.fetch("set/file", DIGEST, NOWHERE)
    assert not (cache / "set" / "file").exists()


def test_there_is_no_mirror_without_the_variable(cache: Path) -> None:
    assert datasets.mirror() is None


def test_mnist_is_read_in_its_published_format(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 256, (3, 28, 28), np.uint8), np.array([7, 0, 9], np.uint8)
    files = {}
    (mirror / "mnist").mkdir()
    for name in datasets.MNIST_FILES:
        array, head = (images, (2051, 3, 28, 28)) if "images" in name else (labels, (2049, 3))
        packed = gzip.compress(struct.pack(f">{len(head)}I", *head) + array.tobytes())
        (mirror / name).write_bytes(packed)
        files[name] = hashlib.sha256(packed).hexdigest()
    monkeypatch.setattr(datasets, "MNIST_FILES", files)
    mnist = datasets.mnist()
    assert np.array_equal(mnist.train_images, images)
    assert np.array_equal(mnist.test_images, images)
    assert mnist.train_labels.tolist() == mnist.test_labels.tolist() == [7, 0, 9]
    assert mnist.every(2).test_labels.tolist() == [7, 9]
    assert mnist.every(2).train_images.shape == (2, 28, 28)

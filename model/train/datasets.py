"""Where training data come from: their public origin, or a folder that has them already.

MLSERVING_DATA names such a folder; in it a file has the name that it has here ("mnist/…"). Downloads are kept in the
user's cache. In all cases a file must have the SHA-256 given in the code.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import pooch
from numpy.typing import NDArray
from pooch import HTTPDownloader

from model.bundle import BundleError

MNIST = "https://ossci-datasets.s3.amazonaws.com/"
MNIST_FILES = {
    "mnist/train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "mnist/train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "mnist/t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "mnist/t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
SIDE = 28  # pixels

TIMEOUT = 0.8  # seconds to connect to an origin, and to wait for its response


@dataclass(frozen=True)
class Mnist:
    """Images [n, 28, 28], white on black, and labels [n], 0 to 9: 60,000 to train on, and 10,000 by other writers."""

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.int64]

    def every(self, step: int) -> Mnist:
        """Return the first of each `step` images."""
        return Mnist(*(array[::step] for array in astuple(self)))


def mnist() -> Mnist:
    """Return MNIST. Raises BundleError if a file can be neither read nor downloaded."""
    train_images, train_labels, test_images, test_labels = (
        gzip.decompress(fetch(name, digest, MNIST + name).read_bytes()) for name, digest in MNIST_FILES.items()
    )
    return Mnist(_images(train_images), _labels(train_labels), _images(test_images), _labels(test_labels))


def require() -> None:
    """Raise BundleError if MNIST can be neither read nor downloaded."""
    require_files({name: MNIST + name for name in MNIST_FILES})


def mirror() -> Path | None:
    """Return the folder that MLSERVING_DATA names, if it names one."""
    return Path(folder) if (folder := os.environ.get("MLSERVING_DATA")) else None


def require_files(urls: Mapping[str, str]) -> None:
    """Check that files are at hand, or that the first missing one can be downloaded; raises BundleError if not.

    Args:
        urls: Where each file can be downloaded, by name.
    """
    folder = mirror() or _cache()
    missing = next((name for name in urls if not (folder / name).is_file()), None)
    if missing is None:
        return
    if mirror():
        raise BundleError(f"{missing} is not in {folder}, the folder that MLSERVING_DATA names.")
    try:
        found = HTTPDownloader(timeout=TIMEOUT)(urls[missing], None, None, check_only=True)
    except OSError:  # the base class of requests' errors; their text is a dump of objects
        found = False
    if not found:
        raise BundleError(
            f"{missing} cannot be downloaded from {urls[missing]}. Connect to the Internet, "
            "or set MLSERVING_DATA to a folder that has the file."
        )


def fetch(name: str, sha256: str | None, url: str) -> Path:
    """Return the path of a file with this digest, or of any digest if it is None. Raises BundleError."""
    folder = mirror()
    try:
        if folder is None:
            path = _cache() / name
            return Path(pooch.retrieve(url, sha256 and f"sha256:{sha256}", path.name, path.parent))
        if pooch.file_hash(str(folder / name)) == sha256:
            return folder / name
    except (OSError, ValueError) as error:  # the network, the file system, or a digest that does not match
        raise BundleError(f"{name} cannot be read from {folder or url}: {error}.") from error
    raise BundleError(f"{folder / name} has changed: its SHA-256 is not the expected one.")


def _cache() -> Path:
    return Path(pooch.os_cache("mlserving"))


def _images(content: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(content, np.uint8, offset=16).reshape(-1, SIDE, SIDE)


def _labels(content: bytes) -> NDArray[np.int64]:
    return np.frombuffer(content, np.uint8, offset=8).astype(np.int64)

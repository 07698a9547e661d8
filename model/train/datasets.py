"""Where the data of the picture models come from: a public origin, or a folder that has them already.

MLSERVING_DATA names such a folder; in it a file lies under its name, "mnist/…" say. What is downloaded is kept in
the cache of the user. Either way a file must have the SHA-256 that is written here.
"""

from __future__ import annotations

import gzip
import os
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import pooch
from numpy.typing import NDArray

from model.bundle import BundleError

MNIST = "https://ossci-datasets.s3.amazonaws.com/"
MNIST_FILES = {
    "mnist/train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "mnist/train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "mnist/t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "mnist/t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
SIDE = 28


@dataclass(frozen=True)
class Mnist:
    """Images [n, 28, 28], white on black, and labels [n], 0 to 9: 60,000 to train and 10,000 of other writers."""

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.int64]

    def every(self, step: int) -> Mnist:
        """A part of it: the first of each so many."""
        return Mnist(*(array[::step] for array in astuple(self)))


def mnist() -> Mnist:
    """Raises BundleError where the files cannot be had."""
    train_images, train_labels, test_images, test_labels = (
        gzip.decompress(fetch(name, digest, MNIST + name).read_bytes()) for name, digest in MNIST_FILES.items()
    )
    return Mnist(_images(train_images), _labels(train_labels), _images(test_images), _labels(test_labels))


def mirror() -> Path | None:
    """The folder that has the data already, where one is named."""
    return Path(folder) if (folder := os.environ.get("MLSERVING_DATA")) else None


def fetch(name: str, sha256: str, url: str) -> Path:
    """The file of that name with that digest. Raises BundleError."""
    folder = mirror()
    try:
        if folder is None:
            path = pooch.os_cache("mlserving") / name
            return Path(pooch.retrieve(url, f"sha256:{sha256}", path.name, path.parent))
        if pooch.file_hash(str(folder / name)) == sha256:
            return folder / name
    except (OSError, ValueError) as error:  # of the network, of files, of a digest that does not fit
        raise BundleError(f"{name} cannot be had from {folder or url}: {error}.") from error
    raise BundleError(f"{folder / name} is not the file it should be: its SHA-256 is another.")


def _images(content: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(content, np.uint8, offset=16).reshape(-1, SIDE, SIDE)


def _labels(content: bytes) -> NDArray[np.int64]:
    return np.frombuffer(content, np.uint8, offset=8).astype(np.int64)

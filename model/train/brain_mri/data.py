"""The brain MRI scans: 7,023 slices of four classes in five folds; near copies are always in the same fold."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import logging
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pooch
from numpy.typing import NDArray
from PIL import Image

from model.train import Log, datasets

CLASSES = ("glioma", "meningioma", "notumor", "pituitary")
ROWS = Path(__file__).with_name("brain_mri.csv.gz")

ORIGIN = "https://raw.githubusercontent.com/ericatsu/msc_capsmodel/44d3edab092dca5173d8a450e4d3ba74aee54b46/dataset/"
CONNECTIONS = 8
REPORTED = 500  # files between two lines of progress

ARCHIVES = {  # in a mirror, instead of the originals: what `stored` makes of them
    "brain_mri/training_192px.zip": "5fe822ded1bf4fbd690fa5df3383a7ebb2c441e728c1dd021308eeeff42ef564",
    "brain_mri/testing_192px.zip": "e5412d35ccc54744af8e1fb1fa6a04780d6fa3ca9d5ebced6edf87834bed982d",
    "brain_mri/testing_original_samples.zip": "14baca6548ccc03cdf4469d410c3a69ccf8599e30066874e63b48d85e8d77628",
}
# Groups of near copies, all labelled "no tumour", whose 73 slices are CT, as seen by looking at them.
CT_GROUPS = (
    *(2068, 2081, 2082, 2083, 2084, 2103, 2124, 2150, 2166, 2175, 2219, 2227, 2238, 2273, 2284, 2292, 2293, 2294, 2301),
    *(2306, 2307, 2309, 3992),
)
MISNAMED = "png_bytes_named_jpg"  # the folder in the archive for some files of Training/notumor

SIDE = 192  # pixels, of the longest side at most
QUALITY = 85  # of the JPEGs

SOURCE = {
    "name": "Brain Tumor MRI Dataset (Kaggle, masoudnickparvar)",
    "citation": (
        "A merge of J. Cheng's brain tumour set (figshare 1512427), the SARTAJ set and Br35H. "
        "Public descriptions give CC0 as its licence."
    ),
    "origin": ORIGIN,
    "rows": 7023,
    "folds": (
        "Five folds, balanced by class. Pictures with a correlation of 0.97 or more, plain or mirrored, form a group, "
        "and no group is divided between folds."
    ),
}

Row = dict[str, str]


@dataclass(frozen=True)
class Scans:
    """The slices, one entry for each row of the table."""

    jpegs: tuple[bytes, ...]  # grey, the longest side at most SIDE
    classes: NDArray[np.int64]  # indices of CLASSES
    folds: NDArray[np.int64]  # 0 to 4
    groups: NDArray[np.int64]  # equal for near copies
    collections: NDArray[np.str_]  # "figshare", "sartaj", or "healthy": Br35H and SARTAJ, which cannot be told apart
    originals: Mapping[int, bytes]  # for some rows the published file: JPEG or PNG, grey or colour


def require() -> None:
    """Raise BundleError if the scans can be neither read nor downloaded."""
    if datasets.mirror():
        datasets.require_files(dict.fromkeys(ARCHIVES, ""))
    else:
        datasets.require_files({_name(row): _url(row) for row in table()})


def table() -> list[Row]:
    with gzip.open(ROWS, "rt", newline="") as text:
        return list(csv.DictReader(text))


def load(rows: Sequence[Row], log: Log) -> Scans:
    """Return the slices of these rows, from the mirror if there is one, else from the origin; raises BundleError."""
    pictures = list(_mirrored(rows) if datasets.mirror() else _downloaded(rows, log))
    paths = [PurePosixPath(row["path"]) for row in rows]
    return Scans(
        jpegs=tuple(jpeg for jpeg, _ in pictures),
        classes=np.array([CLASSES.index(path.parts[1]) for path in paths]),
        folds=np.array([int(row["fold"]) for row in rows]),
        groups=np.array([int(row["group"]) for row in rows]),
        collections=np.array([row["collection"] for row in rows]),
        originals={place: original for place, (_, original) in enumerate(pictures) if original},
    )


def stored(original: bytes) -> bytes:
    """Return a published file as a small grey JPEG, the same bytes as in a mirror."""
    with Image.open(io.BytesIO(original)) as picture:
        grey = picture.convert("L")
    scale = SIDE / max(grey.size)
    if scale < 1:
        size = max(1, round(grey.width * scale)), max(1, round(grey.height * scale))
        grey = grey.resize(size, Image.Resampling.LANCZOS)
    file = io.BytesIO()
    grey.save(file, "JPEG", quality=QUALITY, progressive=True)
    return file.getvalue()


def _mirrored(rows: Sequence[Row]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the stored picture of each row, and for a sample the published one."""
    with contextlib.ExitStack() as stack:
        training, testing, samples = (
            stack.enter_context(zipfile.ZipFile(datasets.fetch(name, digest, ""))) for name, digest in ARCHIVES.items()
        )
        for row in rows:
            path = row["path"]
            archive = training if path.startswith("Training") else testing
            misnamed = path.replace("Training/notumor", MISNAMED)
            yield archive.read(path), samples.read(misnamed) if row["sample"] == "1" else b""


def _downloaded(rows: Sequence[Row], log: Log) -> Iterator[tuple[bytes, bytes]]:
    pooch.get_logger().setLevel(logging.WARNING)  # it logs a line for each file otherwise

    def read(row: Row) -> tuple[bytes, bytes]:
        original = datasets.fetch(_name(row), row["sha256"], _url(row)).read_bytes()
        return stored(original), original if row["sample"] == "1" else b""

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for count, pair in enumerate(pool.map(read, rows), start=1):
            if count % REPORTED == 0 or count == len(rows):
                log(f"Read {count:,} of {len(rows):,} scans.")
            yield pair


def _name(row: Row) -> str:
    return f"brain_mri/{row['path']}"


def _url(row: Row) -> str:
    part, rest = row["path"].split("/", 1)
    return f"{ORIGIN}{part.lower()}/{rest}"

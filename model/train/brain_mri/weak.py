"""Scans with a weak label: 893 slices of two collections that say only whether there is a tumour.

The healthy slices of both collections are part of `data`, and nearly all of the slices here show a tumour. Without
these a network can learn the collection instead of the tumour. Of near copies of one slice the table has three.
"""

from __future__ import annotations

import csv
import gzip
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from model.train import Log, datasets
from model.train.brain_mri.data import CLASSES, CONNECTIONS, Row, stored

ROWS = Path(__file__).with_name("weak.csv.gz")
ARCHIVE = "brain_mri/weak_192px.zip"  # in a mirror, instead of the originals: what `stored` makes of them
DIGEST = "ee621ae9c9681ed108cb34affdc6454c630169ce4dccba4d6486c4fc7f830311"

COLLECTIONS = ("br35h", "navoneel")
NO_TUMOUR = CLASSES.index("notumor")
TUMOUR = len(CLASSES)  # the target of a tumour whose kind is not known
OUTLIERS = len(CLASSES)  # the network's last class, for pictures that are no MRI scans
# The classes of the network that a target may be: itself, any of the three tumours, or none of all these.
MEANINGS = (*((place,) for place in range(len(CLASSES))), tuple({*range(len(CLASSES))} - {NO_TUMOUR}), (OUTLIERS,))

SOURCE = {
    "name": "Br35H and N. Chakrabarty's brain MRI images for brain tumour detection",
    "citation": (
        "Slices of two Kaggle sets, labelled only as with or without a tumour. Those that are near copies of slices "
        "without a tumour in the set above are left out. The repositories state no licence."
    ),
    "origin": "Two repositories on GitHub, at the commits in model/train/brain_mri/weak.csv.gz",
    "rows": 893,
}


@dataclass(frozen=True)
class WeakScans:
    """The slices, one entry for each row of the table."""

    jpegs: tuple[bytes, ...]  # grey, the longest side at most `data.SIDE`
    targets: NDArray[np.int64]  # TUMOUR or NO_TUMOUR
    collections: NDArray[np.str_]  # one of COLLECTIONS
    folds: NDArray[np.int64]  # that of a near copy in `data`, else -1
    groups: NDArray[np.int64]  # equal for near copies, also for those in `data`


def table() -> list[Row]:
    with gzip.open(ROWS, "rt", newline="") as text:
        return list(csv.DictReader(text))


def require() -> None:
    """Raise BundleError if the scans can be neither read nor downloaded."""
    datasets.require_files({ARCHIVE: ""} if datasets.mirror() else {_name(row): row["url"] for row in table()})


def load(rows: Sequence[Row], log: Log) -> WeakScans:
    """Return the slices of these rows, from the mirror if there is one, else from their origin; raises BundleError."""
    jpegs = tuple(_mirrored(rows) if datasets.mirror() else _downloaded(rows))
    log(f"Read {len(jpegs):,} scans with a weak label.")
    paths = [PurePosixPath(row["path"]) for row in rows]
    return WeakScans(
        jpegs=jpegs,
        targets=np.array([TUMOUR if path.parts[1] == "tumour" else NO_TUMOUR for path in paths]),
        collections=np.array([path.parts[0] for path in paths]),
        folds=np.array([int(row["fold"]) for row in rows]),
        groups=np.array([int(row["group"]) for row in rows]),
    )


def _mirrored(rows: Sequence[Row]) -> Iterator[bytes]:
    with zipfile.ZipFile(datasets.fetch(ARCHIVE, DIGEST, "")) as archive:
        for row in rows:
            yield archive.read(row["path"])


def _downloaded(rows: Sequence[Row]) -> Iterator[bytes]:
    def read(row: Row) -> bytes:
        return stored(datasets.fetch(_name(row), row["sha256"], row["url"]).read_bytes())

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        yield from pool.map(read, rows)


def _name(row: Row) -> str:
    return f"brain_mri/weak/{row['path']}"

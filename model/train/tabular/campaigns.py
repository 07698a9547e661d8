"""The rows of the media-cost data: 15 public columns of media campaigns in food shops, and what each cost.

A mirror has the rows that are used; the public origin has 60,428, of which they are a part. Either way the numbers must
have the digest given here.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model.bundle import BundleError
from model.task import Feature, Number, Task
from model.train import datasets

ORIGIN = "https://www.kaggle.com/api/v1/datasets/download/ramjasmaurya/medias-cost-prediction-in-foodmart"
ARCHIVE = "media_cost/medias-cost-prediction-in-foodmart.zip"
ROWS = Path(__file__).with_name("campaign_rows.bin")  # a bit for each row of the origin: whether it is used

FILE = "media_cost/media_cost_16col.csv.gz"  # in a mirror, instead of the archive
FILE_DIGEST = "4a14a92ecfa8551cbdea1f1a1095ce558eeee3b9c621688b7fc596228a86bc06"
# The SHA-256 of the columns and the cost, row by row, as little-endian FP64.
NUMBERS_DIGEST = "ef31a0db72540eb075bec5d1862fc59611eb87fbb31dff81a06bd5cd8ead9bde"
TARGET = "cost"

# The unit and the meaning of each column, under the name that it has in the source.
COLUMNS = {
    "store_sales(in millions)": ("million dollars", "Sales of the shop."),
    "unit_sales(in millions)": ("million", "Units that the shop sold."),
    "total_children": ("", "Children of the customer."),
    "num_children_at_home": ("", "Children who live with the customer."),
    "avg_cars_at home(approx).1": ("", "Cars of the customer's household."),
    "gross_weight": ("", "Gross weight of the product. The source states no unit."),
    "recyclable_package": ("", "Whether the package can be recycled."),
    "low_fat": ("", "Whether the product is low in fat."),
    "units_per_case": ("", "Units in a case of the product."),
    "store_sqft": ("ft²", "Area of the shop."),
    "coffee_bar": ("", "Whether the shop has a coffee bar."),
    "video_store": ("", "Whether the shop has a video store."),
    "salad_bar": ("", "Whether the shop has a salad bar."),
    "prepared_food": ("", "Whether the shop sells prepared food."),
    "florist": ("", "Whether the shop has a florist."),
}

SOURCE = {
    "name": "Media prediction and its cost (Kaggle, ramjasmaurya/medias-cost-prediction-in-foodmart)",
    "citation": "A random part of its 60,428 rows. No licence is stated.",
    "origin": ORIGIN,
    "rows": 42_299,
    "features": "The 15 of its 39 columns that Playground Series S3E11 has, too.",
}


def require() -> None:
    """Raise BundleError if the rows can be neither read nor downloaded."""
    datasets.require_files({FILE: ""} if datasets.mirror() else {ARCHIVE: ORIGIN})


def load() -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Return 42,299 rows of 15 numbers, and the cost of each. Raises BundleError."""
    if datasets.mirror():
        table = pd.read_csv(datasets.fetch(FILE, FILE_DIGEST, ""), float_precision="round_trip")
    else:
        path = datasets.fetch(ARCHIVE, None, ORIGIN)
        try:
            table = used_rows(path.read_bytes())
        except (zipfile.BadZipFile, ValueError, LookupError) as error:
            raise BundleError(
                f"{path} is not the archive that was expected: {error}. Delete it to try again."
            ) from error
    numbers = table[[*COLUMNS, TARGET]].to_numpy("<f8")
    if hashlib.sha256(numbers.tobytes()).hexdigest() != NUMBERS_DIGEST:
        raise BundleError(f"The rows of media_cost have changed: the SHA-256 of their numbers is not {NUMBERS_DIGEST}.")
    return pd.DataFrame(numbers[:, :-1], columns=list(COLUMNS)), numbers[:, -1].copy()


def used_rows(archive: bytes) -> pd.DataFrame:
    """Return the rows of the origin's archive that are used."""
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        (name,) = (name for name in files.namelist() if name.endswith(".csv"))
        table = pd.read_csv(files.open(name), encoding="latin-1", float_precision="round_trip")
    return table.iloc[np.flatnonzero(np.unpackbits(np.fromfile(ROWS, np.uint8)))]


def task(rows: pd.DataFrame) -> Task:
    """Return the task; its example is the median of each column, since the rows themselves do not ship."""
    return Task(
        name="media_cost",
        title="Cost of a media campaign",
        version="1.0.0",
        kind="regression",
        features=tuple(_feature(name, rows[name]) for name in COLUMNS),
        example={name: float(rows[name].median()) for name in COLUMNS},
        number=Number("cost", 2, "dollars"),
    )


def _feature(name: str, column: pd.Series[float]) -> Feature:
    unit, description = COLUMNS[name]
    # Double precision: the trees compare in it, and no decimal value may fall on the other side of a threshold.
    return Feature(
        name,
        "FP64",
        unit,
        description,
        float(column.min()),
        float(column.max()),
        boolean=description.startswith("Whether"),
    )

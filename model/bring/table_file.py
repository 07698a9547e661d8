"""Reads sample rows from a file: a table written as text, packed by gzip or not, or Parquet."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from model.bring import boosters, text_format
from model.bring.model_file import first_line
from model.bring.progress import step
from model.bring.text_format import TextFormat
from model.bundle import BundleError

FEWEST = 10  # rows; with fewer, ranges and the check of the conversion mean little
MOST_BYTES = 1 << 29  # of the file when it is unpacked; a sample needs far fewer

# What stands for a missing value: what it does to pandas, and "?".
MISSING = frozenset(("", "?", "#N/A", "#NA", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null", "-nan"))


@dataclass(frozen=True)
class Expected:
    """What is known of the columns before a file is read.

    Attributes:
        names: The columns that the pipeline was fitted on, if it knows their names.
        width: How many columns there should be, with the target, if it does not.
        strings: The strings that the pipeline knows, by column: they are not numbers, and none of them is missing.
        verbatim: Columns that are read as text exactly as it stands.
    """

    names: Collection[str] = ()
    width: int = 0
    strings: Mapping[str, Collection[str]] = field(default_factory=dict)
    verbatim: Collection[str] = ()


class Table(NamedTuple):
    """The rows of a file, and a sentence that says how the file was understood."""

    rows: pd.DataFrame
    understood: str


@step("Reading the sample")
def read(path: Path, expected: Expected) -> Table:
    """Return the table in a file. Raises BundleError."""
    data = _content(path)
    try:
        rows, form = _parquet(path, data) if data.startswith(b"PAR1") else _text(path, data, expected)
    except BundleError:
        raise
    except ValueError as error:  # pandas' parser errors and wrong encodings are ValueErrors too
        raise BundleError(f"{path} is not a table: {first_line(error)}.") from error
    if len(rows) < FEWEST:
        raise BundleError(f"{path} has {len(rows)} rows. Give at least {FEWEST}: the conversion is checked on them.")
    return Table(rows.apply(_plain), f"{path.name}: {len(rows):,} rows of {rows.shape[1]} columns, {form}.")


def inputs(table: pd.DataFrame, pipeline: Any, path: Path) -> pd.DataFrame:
    """Return the columns that the pipeline takes, in its order, of a table without the target. Raises BundleError."""
    if hasattr(pipeline, "feature_names_in_"):
        names = [boosters.written_as(name, table.columns) for name in pipeline.feature_names_in_]
        if missing := [name for name in names if name not in table.columns]:
            advice = _dummies(missing, table)
            raise BundleError(f"{path} lacks {_listed(missing)}, which the pipeline was fitted on.{advice}")
        return table[names]
    if hasattr(pipeline, "n_features_in_"):
        if table.shape[1] != pipeline.n_features_in_:
            width = "one column" if pipeline.n_features_in_ == 1 else f"{pipeline.n_features_in_} columns"
            raise BundleError(
                f"The pipeline takes {width} without names, but {path} has {table.shape[1]} "
                "besides the target. Give exactly its columns in its order, and name the target with --target. Add an "
                "encoder or vectorizer that was saved apart with --before."
            )
        return table
    texts = table if table.shape[1] == 1 else table.select_dtypes(object)
    if texts.shape[1] != 1:
        raise BundleError(
            f"The pipeline takes one column of text, but {path} has {texts.shape[1]} besides the target. Keep only "
            "the text and the target, and name the target with --target."
        )
    return texts.fillna("")


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            source = gzip.GzipFile(fileobj=file) if packed else file
            data = source.read(MOST_BYTES + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BundleError(f"{path} cannot be unpacked by gzip: {first_line(error)}.") from error
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > MOST_BYTES:
        raise BundleError(f"{path} has more than {MOST_BYTES >> 20} MiB. Some thousand rows are enough for a sample.")
    if data.startswith(b"PK"):
        raise BundleError(f"{path} is a ZIP or Excel file. Save the table as CSV.")
    return data


def _text(path: Path, data: bytes, expected: Expected) -> tuple[pd.DataFrame, str]:
    found = text_format.recognise(data, [*expected.names, *expected.verbatim])
    if repeated := sorted({name for name in found.header if found.header.count(name) > 1}):
        raise BundleError(
            f"{path} has more than one column {repeated[0]!r}. Give each a name of its own in its first line."
        )
    rows, index = _without_index(_parsed(data, found, expected), expected)
    return rows, ", ".join(filter(None, (found.words(), index)))


def _parsed(data: bytes, found: TextFormat, expected: Expected) -> pd.DataFrame:
    table: pd.DataFrame = pd.read_csv(
        io.BytesIO(data),
        sep=found.separator,
        encoding=found.encoding,
        decimal=found.decimal,
        skipinitialspace=found.padded,
        header=0,
        names=list(found.header),
        dtype=dict.fromkeys([*expected.strings, *expected.verbatim], str),
        keep_default_na=False,
        na_values={name: sorted(_missing(name, expected)) for name in found.header},
        float_precision="round_trip",  # an encoder may know 0.30000000000000004, which pandas reads as 0.3 otherwise
        low_memory=False,  # one type for the whole of a column
    )
    return table


def _missing(name: str, expected: Expected) -> frozenset[str]:
    if name in expected.verbatim:
        return frozenset()
    return MISSING - frozenset(expected.strings.get(name, ()))


def _without_index(table: pd.DataFrame, expected: Expected) -> tuple[pd.DataFrame, str]:
    """Leave out a column that numbers the rows: one without a name that the pipeline does not take."""
    if not isinstance(table.index, pd.RangeIndex):
        return table.reset_index(drop=True), "without the names of the rows"
    first = table.columns[0]
    surplus = first not in expected.names and (expected.names or table.shape[1] > expected.width)
    numbered = pd.api.types.is_integer_dtype(table[first]) and table[first].is_unique
    if str(first).startswith(text_format.UNNAMED) and surplus and numbered:
        return table.drop(columns=first), "without the numbers of the rows"
    return table, ""


def _parquet(path: Path, data: bytes) -> tuple[pd.DataFrame, str]:
    try:
        table = pd.read_parquet(io.BytesIO(data))
    except ImportError as error:
        raise BundleError(
            f"{path} is a Parquet file, which pandas reads by pyarrow. Run pip install pyarrow, or save the table as "
            f'CSV: pd.read_parquet("{path.name}").to_csv("rows.csv", index=False).'
        ) from error
    except Exception as error:  # pyarrow raises errors of many kinds
        raise BundleError(f"{path} cannot be read as Parquet: {first_line(error)}.") from error
    return table.reset_index(drop=True), "Parquet"


def _plain(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column as whole or other numbers, booleans, dates, or objects in which NaN is a missing value."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if pd.api.types.is_datetime64_any_dtype(column):
        return column
    if pd.api.types.is_bool_dtype(column) and not column.hasnans:
        return column.astype(np.bool_)
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        whole = column.dtype.kind == "i" and not column.hasnans
        return column.astype(np.int64 if whole else np.float64)
    return column.astype(object).where(column.notna(), np.nan)


def _dummies(missing: list[str], table: pd.DataFrame) -> str:
    """Return advice if a column is missing that pd.get_dummies makes of one that is there, as city_Ulm of city."""
    made = [name for name in table.columns if any(lacking.startswith(f"{name}_") for lacking in missing)]
    if not made:
        return ""
    return (
        f" They look like pd.get_dummies of {made[0]!r}: give the table after it, or fit a pipeline with a "
        "OneHotEncoder instead."
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:5])
    return f"{shown} and {len(names) - 5} more columns" if len(names) > 5 else f"the columns {shown}"  # noqa: PLR2004

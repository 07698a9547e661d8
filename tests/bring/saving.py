"""The ways in which people save a model and its rows."""

import bz2
import gzip
import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cloudpickle
import joblib
import pandas as pd

Save = Callable[[Any, Path], Path]
Write = Callable[[pd.DataFrame, Path], Path]


def joblib_file(content: Any, folder: Path, name: str = "model.joblib", compress: Any = 0) -> Path:
    joblib.dump(content, folder / name, compress=compress)
    return folder / name


def pickle_file(content: Any, folder: Path, name: str = "model.pkl", protocol: int = 4) -> Path:
    (folder / name).write_bytes(pickle.dumps(content, protocol))
    return folder / name


def zipped(content: Any, folder: Path) -> Path:
    path = folder / "model.pkl.gz"
    path.write_bytes(gzip.compress(pickle.dumps(content)))
    return path


def bzipped(content: Any, folder: Path) -> Path:
    path = folder / "model.pbz2"
    path.write_bytes(bz2.compress(pickle.dumps(content)))
    return path


def cloud(content: Any, folder: Path) -> Path:
    """As MLflow saves scikit-learn models."""
    path = folder / "model.pkl"
    path.write_bytes(cloudpickle.dumps(content))
    return path


def in_turn(contents: Any, folder: Path) -> Path:
    """Several pickles, one after the other in one file."""
    path = folder / "model.pickle"
    path.write_bytes(b"".join(map(pickle.dumps, contents)))
    return path


def raw(content: bytes, folder: Path, name: str = "model.pkl") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def joblib_as(name: str, compress: Any = 0) -> Save:
    return partial(joblib_file, name=name, compress=compress)


def pickle_as(name: str = "model.pkl", protocol: int = 4) -> Save:
    return partial(pickle_file, name=name, protocol=protocol)


def csv(rows: pd.DataFrame, folder: Path, name: str = "rows.csv", *, index: bool = False, **style: Any) -> Path:
    rows.to_csv(folder / name, index=index, **style)
    return folder / name


def csv_as(name: str = "rows.csv", **style: Any) -> Write:
    return partial(csv, name=name, **style)


def windows(rows: pd.DataFrame, folder: Path) -> Path:
    """As a spreadsheet program of Europe writes it: semicolons, CRLF and a byte-order mark."""
    return csv(rows, folder, sep=";", lineterminator="\r\n", encoding="utf-8-sig")


def pages(rows: pd.DataFrame, folder: Path) -> Path:
    path = folder / "rows.parquet"
    rows.to_parquet(path)
    return path


def questioned(rows: pd.DataFrame, folder: Path) -> Path:
    """As the UCI's repository marks missing values."""
    return csv(rows, folder, na_rep="?")

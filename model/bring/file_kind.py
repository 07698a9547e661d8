"""Says what a file is that was given as a model, and opens a pickle's uncompressed bytes, of which there is a limit."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from joblib.compressor import BinaryZlibFile

from model.bundle import BundleError

# A model that is served is loaded as a whole, and an ONNX graph cannot be larger than 2 GiB.
LARGEST = 4 << 30
# xz makes a forest 20 times smaller. A bomb is a thousand times smaller than what comes out of it, or a million.
RATIO = 100
_BUFFER = 1 << 20
SMALL = 64 << 20  # bytes that may come out of any file, however small

_COMPRESSED: tuple[tuple[bytes, Any], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"\x78", BinaryZlibFile),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\x00", lzma.open),
    (b"\x5d\x00", lzma.open),
)
_KERAS = "is a Keras model. Export it as ONNX (`model.export('net.onnx', format='onnx')`) and bundle net.onnx."
_TORCH = "is a PyTorch file. Export the network with `torch.onnx.export` and bundle net.onnx."
_OWN_FORMAT = "Load it in Python and save the fitted estimator with `joblib.dump`."
_XGBOOST = (
    "Load it with m = xgboost.XGBClassifier() (or XGBRegressor()); m.load_model(…). Then save m with "
    'joblib.dump(m, "model.joblib") and bundle that file.'
)
_CATBOOST = (
    "Load it with m = catboost.CatBoostClassifier() (or CatBoostRegressor()); m.load_model(…). Then save m with "
    'joblib.dump(m, "model.joblib") and bundle that file.'
)
_LIGHTGBM = "Save the fitted LGBMClassifier or LGBMRegressor itself with joblib.dump."
_KINDS = (
    (b"version https://git-lfs", "is a Git LFS pointer, not the file itself. Run `git lfs pull` in its repository."),
    (b"\x89HDF\r\n\x1a\n", _KERAS),
    (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", _TORCH),
    (b"{L\0\0\0\0\0\0\0\7learner{", f"is xgboost's own format. {_XGBOOST}"),
    (b"CBM1", f"is catboost's own format. {_CATBOOST}"),
    (b"GGUF", "is a language model in GGUF. Only classifiers and regressors can be served."),
    (b"\x93NUMPY", f"is a NumPy array, not a model. {_OWN_FORMAT}"),
    (b"\x04\x22\x4d\x18", "is compressed with lz4. Save it again with `joblib.dump(pipeline, path, compress='xz')`."),
    (b"ZF", "was written by joblib 0.9 or older. Load it there and save it again with a newer joblib."),
    (b"RDX", f"is a file of R, not of Python. {_OWN_FORMAT}"),
)
_ZIPPED = (
    (b"data.pkl", _TORCH),
    (b"model.weights.h5", _KERAS),
    (b"schema.json", "is in the form of skops. Load it with `skops.io.load` and save it with `joblib.dump`."),
)
_TEXTS = (
    (b"<!doctype html", "is a web page, not a model. Download the file itself ('raw'), then bundle it."),
    (b"<html", "is a web page, not a model. Download the file itself ('raw'), then bundle it."),
    (b"<pmml", "is PMML, which is not served. Save the fitted scikit-learn pipeline with `joblib.dump`."),
    (b'{"learner":', f"is xgboost's own format. {_XGBOOST}"),
    (b"tree\nversion=", f"is lightgbm's own format. {_LIGHTGBM}"),
    (b"{", f"is JSON, not a pickle. {_OWN_FORMAT}"),
)


@contextmanager
def opened(path: Path) -> Iterator[Stream]:
    """Give the uncompressed bytes of a pickle.

    Raises:
        BundleError: It is not a file, or not a pickle, or unpacks to more than a model can have.
    """
    if not path.is_file():
        raise BundleError(f"There is no file {path}.")
    try:
        with path.open("rb") as file:
            head = file.read(512)
            if kind := _kind(head, path.suffix):
                raise BundleError(f"{path} {kind}")
            file.seek(0)
            size = path.stat().st_size
            unpack = next((reader for magic, reader in _COMPRESSED if head.startswith(magic)), None)
            limit = min(LARGEST, max(SMALL, RATIO * size) if unpack else size)
            with Stream(_Limited(unpack(file, "rb") if unpack else file, limit, path), _BUFFER) as stream:
                if unpack and (kind := _kind(stream.peek(512)[:512], path.suffix)):
                    raise BundleError(f"{path} {kind}")
                yield stream
    except PermissionError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}.") from error


def _kind(head: bytes, suffix: str) -> str:
    """Return what a file is and what to do, or nothing for what may be a pickle."""
    if not head.strip():
        return "is empty. Save the fitted pipeline again with `joblib.dump`."
    if suffix.lower() == ".onnx":
        return "is an ONNX graph, not a pickle."
    if head.startswith(b"PK\x03\x04"):
        unknown = f"is a ZIP archive, not a pickle. {_OWN_FORMAT}"
        return next((kind for inside, kind in _ZIPPED if inside in head), unknown)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(b"<?xml") and b"<pmml" in start:
        start = b"<pmml"
    whole = ((head, _KINDS), (start, _TEXTS))
    return next((kind for given, kinds in whole for magic, kind in kinds if given.startswith(magic)), "")


class _Limited(io.RawIOBase):
    """Reads from a file until more has come out of it than a model of its size can have."""

    def __init__(self, file: Any, limit: int, path: Path) -> None:
        self.file, self.limit, self.left, self.path = file, limit, limit, path

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self.file.read(len(buffer))
        except (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError) as error:
            raise BundleError(f"{self.path} cannot be unpacked: it is damaged or cut off. Copy it again.") from error
        self.left -= len(data)
        if self.left < 0:
            raise BundleError(f"{self.path} unpacks to more than {self.limit >> 20:,} MiB, which no model needs.")
        buffer[: len(data)] = data
        return len(data)


class Stream(io.BufferedReader):
    """Refuses a length that the file cannot have: for it, memory would be taken before anything is read."""

    raw: _Limited

    @property
    def given(self) -> int:
        """How many uncompressed bytes were read so far."""
        return self.raw.limit - self.raw.left

    def read(self, size: int | None = -1, /) -> bytes:
        # Most reads are of a byte, and there may be millions.
        if size is not None and size > _BUFFER and size > self.raw.left + _BUFFER:
            raise EOFError("it says that more bytes follow than there are")
        return super().read(size)

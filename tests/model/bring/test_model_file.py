"""The file that a user brings is read whatever it is: a pickle of any kind, or something else that is named."""

import bz2
import contextlib
import gzip
import inspect
import io
import pickle
import re
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import all_estimators

from model.bring import file_kind, model_file
from model.bundle import BundleError

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
PIPELINE = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)


def refused(file: Path) -> str:
    """Return the sentence with which a file is refused."""
    with pytest.raises(BundleError) as caught:
        model_file.load(file)
    sentence = str(caught.value).replace(str(file.parent), "")
    assert len(sentence) <= 300
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)])
def test_every_form_of_joblib_is_taken(tmp_path: Path, compress: Any, protocol: int) -> None:
    pipeline = make_pipeline(StandardScaler(), RandomForestClassifier(3, random_state=0)).fit(X, Y)
    file = tmp_path / "model.joblib"
    joblib.dump(pipeline, file, compress=compress, protocol=protocol)
    loaded, notes = model_file.load(file)
    assert np.array_equal(loaded.predict_proba(X), pipeline.predict_proba(X))
    assert notes == []


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", ["model.pkl", "model.pkl.gz", "model.sav"])
def test_every_form_of_pickle_is_taken(tmp_path: Path, name: str, protocol: int) -> None:
    content = pickle.dumps(PIPELINE, protocol)
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    loaded, _ = model_file.load(tmp_path / name)
    assert np.array_equal(loaded.predict(X), PIPELINE.predict(X))


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, "content")
    return buffer.getvalue()


KINDS = [
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1\n", "git lfs pull"),
    (b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", "web page"),
    (b"\n  <html>", "web page"),
    (b"\x89HDF\r\n\x1a\n\x00\x00", "Keras"),
    (archive("metadata.json", "config.json", "model.weights.h5"), "Keras"),
    (archive("archive/data.pkl", "archive/version"), "PyTorch"),
    (archive("schema.json"), "skops"),
    (archive("word/document.xml"), "ZIP archive"),
    (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "PyTorch"),
    (b'{"model": {}}', "JSON"),
    (b'<?xml version="1.0"?>\n<PMML version="4.4">', "PMML"),
    (b"\x93NUMPY\x01\x00", "NumPy array"),
    (b"", "is empty"),
    (b"\n\n", "is empty"),
    (b"a,b\n1,2\n", "not a pickle"),
    (b"no pickle at all", "not a pickle"),
    (bytes(1000), "is empty|not a pickle"),
    (b"\x1f\x8b\x08 and no more", "damaged or cut off"),
    (gzip.compress(pickle.dumps(PIPELINE))[:-300], "damaged or cut off"),
    (gzip.compress(b""), "is empty"),
    (pickle.dumps(PIPELINE)[:-300], "cut off or damaged"),
    (pickle.dumps(PIPELINE)[:-1], "cut off or damaged"),
    (pickle.dumps(StandardScaler().fit(X)) + pickle.dumps(LogisticRegression()), "2 pickles.*make_pipeline"),
    (pickle.dumps(PIPELINE) + b"more", "more than one pickle"),
    (pickle.dumps(PIPELINE).replace(b"sklearn.pipeline", b"__main__.pipelin"), "refused before it is loaded"),
    (b"c__main__\nCleaner\n)\x81.", r"Cleaner, defined in the script .*--trust MODULE"),
    (b"c__main__\n" + b"A" * 14_000 + b"\n)\x81.", "__main__"),
    (b"cmy_project.steps\nCleaner\n)\x81.", r"my_project\.steps\.Cleaner.*--trust my_project"),
    (
        b"\x80\x03cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n\x8a\x06\0\0\0\0\0\x10\x85C\x01btR.",
        "asks for more memory",
    ),
    (b"\x80\x02cbuiltins\nbytearray\nK\x05\x85R.", "a bytearray of a given length"),
    (b"csklearn.linear_model\nNothing\n.", "cannot be loaded with scikit-learn"),
]


@pytest.mark.parametrize(("content", "sentence"), KINDS, ids=range(len(KINDS)))
def test_what_is_no_pickle_of_a_model_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "model.pkl"
    file.write_bytes(content)
    assert re.search(sentence, refused(file))


def test_an_array_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    joblib.dump(PIPELINE, tmp_path / "model.joblib")
    content = (tmp_path / "model.joblib").read_bytes()
    for place in range(1, len(content), 97):
        (tmp_path / "model.joblib").write_bytes(content[:place])
        refused(tmp_path / "model.joblib")


BOMBS: dict[str, Callable[[], bytes]] = {
    "zeros in gzip": lambda: gzip.compress(b"\x80\x04C\x01x0" + bytes(200 << 20), 9),
    "zeros in bz2": lambda: bz2.compress(bytes(100 << 20)),
    "one string": lambda: gzip.compress(
        b"\x80\x04\x8e" + (150 << 20).to_bytes(8, "little") + bytes(150 << 20) + b".", 9
    ),
    "opcodes": lambda: gzip.compress(b"\x80\x04" + b"N0" * 5_000_000 + b"N.", 9),
    "an array": lambda: array_bomb(150 << 20),
    "a length that is not there": lambda: b"\x80\x05\x96" + (1 << 40).to_bytes(8, "little") + b".",
    "an array that is not there": lambda: array_bomb(1 << 40, there=False),
    "nested": lambda: b"(" * 200_000 + b".",
    "deep": lambda: b"\x80\x04" + b"]" * 3_000_000 + b"a" * 2_999_999 + b".",
    "a number of zeros": lambda: zeros(1 << 40),
    "fewer zeros than memory": lambda: zeros(2 << 30),
}


def zeros(count: int) -> bytes:
    return b"\x80\x02cbuiltins\nbytearray\n\x8a\x06" + count.to_bytes(6, "little") + b"\x85R."


def array_bomb(size: int, *, there: bool = True) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(np.zeros(7, "u1"), buffer, protocol=4)
    head = buffer.getvalue().replace(b"K\x07\x85", b"\x8a\x06" + size.to_bytes(6, "little") + b"\x85")
    assert head != buffer.getvalue()
    head = head.replace(head[2:11], b"", 1)  # the frame, whose length has changed
    return gzip.compress(head[:-8] + bytes(size) + b".", 9) if there else head


@pytest.mark.timing
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_within_a_second_and_in_bounded_memory(tmp_path: Path, bomb: str) -> None:
    (tmp_path / "model.pkl").write_bytes(BOMBS[bomb]())
    begin = time.process_time()
    refused(tmp_path / "model.pkl")
    assert time.process_time() - begin < 1
    tracemalloc.start()  # tracing takes several times as long
    try:
        refused(tmp_path / "model.pkl")
        assert tracemalloc.get_traced_memory()[1] < 2 * file_kind.SMALL
    finally:
        tracemalloc.stop()


INSIDE = {
    "estimator": Ridge(),
    "estimators": [("a", LogisticRegression()), ("b", LogisticRegression())],
    "transformers": [("a", StandardScaler(), [0])],
    "transformer_list": [("a", StandardScaler())],
    "steps": [("a", StandardScaler()), ("b", LogisticRegression())],
    "param_grid": {"alpha": [1, 2]},
    "param_distributions": {"alpha": [1, 2]},
    "dictionary": np.eye(4),
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "kind"), all_estimators())
def test_every_family_of_estimators_is_taken(tmp_path: Path, name: str, kind: Any) -> None:
    required = {key for key, value in inspect.signature(kind).parameters.items() if value.default is value.empty}
    estimator = kind(**{key: INSIDE[key] for key in required & INSIDE.keys()})
    for rows, target in ((X, Y), (X, (Y > 0) * 1), (X, Y * 1.5), (X, X), (["a b"] * 150, Y), (X[:, 0], Y)):
        with contextlib.suppress(Exception):  # each family takes other data
            estimator.fit(rows, target)
            break
    joblib.dump(estimator, tmp_path / "model.joblib")
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(estimator, 2))
    for file in ("model.joblib", "model.pkl"):
        assert type(model_file.read(tmp_path / file)[0]) is kind

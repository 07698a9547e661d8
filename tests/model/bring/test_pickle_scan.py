"""A pickle that would import or call more than a fitted model needs is refused, and nothing in it is executed."""

import bz2
import datetime
import functools
import gzip
import io
import lzma
import pickle
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse  # type: ignore[import-untyped]
import scipy.stats  # type: ignore[import-untyped]
from sklearn.datasets import load_iris
from sklearn.feature_selection import SelectKBest, mutual_info_classif
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from model.bring import model_file, pickle_load, pickle_names, pickle_scan
from model.bundle import BundleError

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
SENTINEL = "touched"


class Touch:
    """Creates a file where it is unpickled."""

    def __reduce__(self) -> Any:
        import os

        return os.system, (f"touch {SENTINEL}",)


def _text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


CALL = _text(f"touch {SENTINEL}") + b"\x85R."
MINE = b"\x80\x04cfunctools\npartial\n(cposix\nsystem\n" + _text(f"touch {SENTINEL}") + b"tR"
SETSTATE = _text("__setstate__")
ROUTES = {
    "global": b"cposix\nsystem\n" + CALL,
    "global by its other name": b"\x80\x02cos\nsystem\n" + CALL,
    "stack global": b"\x80\x04" + _text("posix") + _text("system") + b"\x93" + CALL,
    "stack global from the memo": b"\x80\x04"
    + _text("posix")
    + b"q\x00"
    + _text("system")
    + b"q\x010h\x00h\x01\x93"
    + CALL,
    "dotted name": b"\x80\x04" + _text("sklearn.base") + _text("warnings.sys.modules") + b"\x93.",
    "module with a space": b"cos system\nx\n.",
    "python 2's builtin": b"\x80\x02c__builtin__\neval\n" + _text(f"open('{SENTINEL}', 'w')") + b"\x85R.",
    "inst": b"(" + _text(f"touch {SENTINEL}") + b"iposix\nsystem\n.",
    "obj": b"(cposix\nsystem\n" + _text(f"touch {SENTINEL}") + b"o.",
    "newobj": b"\x80\x02csubprocess\nPopen\n" + _text(f"touch {SENTINEL}") + b"\x85\x81.",
    "partial": MINE + b")R.",
    "extension": b"\x80\x02\x82\x01)R.",
    "persistent": b"Psomething\n.",
    "getattr": b"cbuiltins\ngetattr\n(cbuiltins\nobject\n" + _text("__subclasses__") + b"tR)R.",
    "numpy that imports": b"cnumpy.core\n_ufunc_reconstruct\n(" + _text("posix") + _text("system") + b"tR" + CALL,
    "numpy that writes": b"cnumpy\nmemmap\n(" + _text(SENTINEL) + _text("float64") + _text("w+") + b"tR.",
    "numpy's f2py": b"cnumpy.f2py\ncompile\n)R.",
    "numpy's testing": b"cnumpy.testing._private.utils\nrunstring\n(" + _text(f"open('{SENTINEL}', 'w')") + b"}tR.",
    "sklearn that calls anything": b"csklearn.model_selection._validation\ncross_val_predict\n)R.",
    "sklearn's imports": b"csklearn.base\nwarnings\n.",
    "a metric is called": b"csklearn.metrics._scorer\nmake_scorer\n(tR.",
    "an instance is called": b"csklearn.metrics._scorer\n_Scorer\n)\x81)R.",
    "a class is changed": b"csklearn.linear_model._logistic\nLogisticRegression\n}" + _text("fit") + b"Nsb.",
}


@pytest.fixture(autouse=True)
def nothing_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    yield
    assert not (tmp_path / SENTINEL).exists()


def scanned(content: bytes) -> pickle_scan.Scan:
    return pickle_scan.scan(io.BufferedReader(io.BytesIO(content)))


@pytest.mark.parametrize("route", ROUTES)
def test_the_scan_refuses_every_route_to_code(route: str) -> None:
    assert scanned(ROUTES[route]).refused


@pytest.mark.parametrize("route", ROUTES)
def test_the_loader_refuses_every_route_to_code_by_itself(route: str) -> None:
    with pytest.raises((BundleError, pickle.UnpicklingError, ValueError, ImportError)):
        pickle_load.load(io.BufferedReader(io.BytesIO(ROUTES[route])))


GADGETS = {
    # Names that are allowed, put together so that loading would call one of them with arguments from the file.
    "__setstate__ of an instance": b"csklearn.base\nBaseEstimator\n)\x81}" + SETSTATE + MINE[2:] + b"sb}b.",
    "append of an instance": b"csklearn.base\nBaseEstimator\n)\x81}" + _text("append") + MINE[2:] + b"sb" + b"K\x01a.",
    "source of a distribution": b"cscipy.stats._continuous_distns\nnorm_gen\n)\x81}"
    + _text("_parse_arg_template")
    + _text(f"open('{SENTINEL}', 'w')")
    + b"sb.",
    "a constructor that calls": b"cnumpy.random._pickle\n__generator_ctor\n(" + _text("x") + MINE[2:] + b"tR.",
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.parametrize("gadget", GADGETS)
def test_the_loader_calls_nothing_from_the_file_through_an_allowed_name(gadget: str) -> None:
    content = GADGETS[gadget].replace(b"cposix\nsystem\n", b"csklearn.metrics._regression\nmax_error\n")
    with pytest.raises(Exception, match=r"replaces|appends|calls|norm_gen|required"):
        pickle_load.load(io.BufferedReader(io.BytesIO(content)))


WRAPS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda content: lzma.compress(content, format=lzma.FORMAT_ALONE),
}


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "model.sav", "model.pkl.gz"])
def test_a_hostile_file_is_refused_with_what_it_would_import(tmp_path: Path, wrap: str, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(WRAPS[wrap](pickle.dumps({"model": LogisticRegression().fit(X, Y), "more": Touch()})))
    with pytest.raises(BundleError, match=r"no model needs posix\.system\. .*--trust posix"):
        model_file.read(file)


@pytest.mark.parametrize("protocol", range(6))
def test_a_hostile_object_in_an_array_or_behind_one_is_found(tmp_path: Path, protocol: int) -> None:
    for content in (np.array([1, Touch()], dtype=object), [X, Touch()]):
        joblib.dump(content, tmp_path / "model.joblib", protocol=protocol)
        with pytest.raises(BundleError, match=r"posix\.system"):
            model_file.read(tmp_path / "model.joblib")


def test_a_hostile_pickle_behind_another_is_found(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(LogisticRegression()) + pickle.dumps(Touch()))
    with pytest.raises(BundleError, match=r"posix\.system"):
        model_file.read(tmp_path / "model.pkl")


def test_whoever_wrote_the_file_can_trust_a_module(tmp_path: Path) -> None:
    content = pickle.dumps(datetime.datetime.now) + b""
    (tmp_path / "model.pkl").write_bytes(content.replace(b"getattr", b"getattr"))
    assert pickle_names.use("nltk.tokenize.api", "TokenizerI") is None
    assert pickle_names.use("nltk.tokenize.api", "TokenizerI", ["nltk"]) == "call"
    assert pickle_names.use("nltkish", "TokenizerI", ["nltk"]) is None
    assert pickle_names.use("nltk", "os.system", ["nltk"]) is None


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "name", ["asarray", "atleast_2d", "column_stack", "deg2rad", "isnan", "maximum", "reshape", "where"]
)
def test_a_function_of_numpy_that_computes_may_be_kept_but_not_called(name: str, protocol: int) -> None:
    content = pickle.dumps(FunctionTransformer(getattr(np, name)), protocol)
    assert not scanned(content).refused
    assert pickle_load.load(io.BufferedReader(io.BytesIO(content))).func is getattr(np, name)
    assert scanned(b"cnumpy\n" + name.encode() + b"\n)R.").refused


@pytest.mark.parametrize(
    "name", ["apply_along_axis", "frompyfunc", "fromfile", "load", "ones", "pad", "repeat", "save", "tile", "zeros"]
)
def test_a_function_of_numpy_that_calls_reads_writes_or_fills_memory_is_refused(name: str) -> None:
    assert scanned(pickle.dumps(FunctionTransformer(getattr(np, name)))).refused


OBJECTS = {
    "random state": np.random.RandomState(0),
    "generator": np.random.default_rng(0),
    "sparse": scipy.sparse.csr_matrix(np.eye(3)),
    "sparse array": scipy.sparse.coo_array(np.eye(3)),
    "frame": pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": pd.date_range("2020", periods=2)}),
    "categories": pd.Series(["a", "b"], dtype="category"),
    "index": pd.Index(["a", "b"]),
    "range index": pd.RangeIndex(3),
    "strings": pd.Series(["a", None], dtype="string"),
    "whole numbers": pd.Series([1, None], dtype="Int64"),
    "time stamp": pd.Timestamp("2020-01-01"),
    "dates": [datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1), datetime.timedelta(1)],
    "arrays": [
        np.eye(2),
        np.array(["a", None], dtype=object),
        np.array(["ab"]),
        np.array(["2020"], "M8[D]"),
        np.zeros(0),
    ],
    "fortran": np.asfortranarray(X),
    "record": np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
    "record of objects": np.array([(1, "x")], dtype=[("a", "i4"), ("b", "O")]),
    "scalars": [np.float64(1), np.int32(2), np.str_("a"), np.bool_(True), np.datetime64("2020")],
    "types": [int, float, str, np.float32, np.int64, np.dtype("f4")],
    "masked": np.ma.masked_array([1, 2], [True, False]),
    "containers": [{1}, frozenset({2}), (3,), slice(1), 1 + 2j, b"x", None],
    "distribution": scipy.stats.loguniform(0.1, 1),
    "whole distribution": scipy.stats.randint(1, 9),
    "function": make_pipeline(FunctionTransformer(np.expm1), StandardScaler()).fit(X),
    "score function": SelectKBest(functools.partial(mutual_info_classif, random_state=0), k=2).fit(X, Y),
    "search": GridSearchCV(
        LogisticRegression(), {"C": [1, 2]}, scoring=make_scorer(f1_score, average="macro"), cv=2
    ).fit(X, Y),
    "random search": RandomizedSearchCV(
        LogisticRegression(), {"C": scipy.stats.uniform(1, 2)}, n_iter=2, cv=2, random_state=0
    ).fit(X, Y),
}


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", OBJECTS)
def test_what_estimators_consist_of_is_taken(name: str, protocol: int) -> None:
    buffer = io.BytesIO()
    joblib.dump(OBJECTS[name], buffer, protocol=protocol)
    for content in (buffer.getvalue(), pickle.dumps(OBJECTS[name], protocol)):
        found = scanned(content)
        assert not found.refused
        assert found.pickles == 1
        loaded = pickle_load.load(io.BufferedReader(io.BytesIO(content)))
        assert type(loaded) is type(OBJECTS[name])

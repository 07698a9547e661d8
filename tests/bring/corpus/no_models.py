"""Files that hold no model, or one that nobody can ask: each is refused in a sentence that says so."""

import os
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import DBSCAN
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from tests.bring import saving
from tests.bring.case import Case, fitted
from tests.bring.corpus.parts import alone, apart
from tests.bring.tables.amounts import houses

_LR = LogisticRegression(max_iter=500)
_SEARCH = GridSearchCV(_LR, {"C": [1, 2]}, cv=2, refit=False)
_OTHER_TABLE = pd.DataFrame({"a": range(20)})


class Doubled(BaseEstimator, TransformerMixin):  # type: ignore[misc]  # scikit-learn has no types
    """A transformer of one's own, as notebooks define them."""

    def fit(self, _rows: Any, _target: Any = None) -> "Doubled":
        self.n_features_in_ = 4
        return self

    def transform(self, rows: Any) -> Any:
        return rows * 2


class Command:
    """Unpickled, it runs a command."""

    def __reduce__(self) -> Any:
        return os.system, ("true",)


def doubled(rows: Any) -> Any:
    return rows * 2


def _holding(name: str, content: Any, refused: str) -> Case:
    return apart(name, lambda _model, _rows, _target: content, refused)


def _bytes(name: str, content: bytes, refused: str, file: str = "model.pkl") -> Case:
    return apart(name, lambda _model, _rows, _target: content, refused, save=partial(saving.raw, name=file))


CASES = (
    _holding("df.pkl", pd.DataFrame({"a": [1, 2]}), "DataFrame"),
    _holding("columns.pkl", ["a", "b"], "list"),
    _holding("similarity.pkl", np.eye(9), "ndarray"),
    _holding("a class", LogisticRegression, "class"),
    _holding("a command", Command(), "posix"),
    _holding("not fitted", make_pipeline(StandardScaler(), _LR), "not fitted"),
    apart("a search without a best model", fitted, "does not predict", model=_SEARCH),
    apart(
        "several classes a row",
        lambda m, rows, target: MultiOutputClassifier(m).fit(rows, np.c_[target, target]),
        "several classes",
    ),
    apart(
        "one class",
        lambda m, rows, _target: m.fit(rows, ["setosa"] * len(rows)),
        "one class only",
        model=DecisionTreeClassifier(),
    ),
    apart(
        "several labels a row",
        lambda m, rows, target: m.fit(rows, np.c_[target == 0, target == 1]),
        "several classes",
        model=OneVsRestClassifier(_LR),
    ),
    apart(
        "answers that are drawn",
        fitted,
        "differently each time",
        model=make_pipeline(IterativeImputer(sample_posterior=True, random_state=0), Ridge()),
        table=houses,
        columns=("GrLivArea", "LotFrontage"),
    ),
    apart(
        "answers that other rows change",
        fitted,
        "depends on the other rows",
        model=make_pipeline(FunctionTransformer(np.cumsum, kw_args={"axis": 0}), _LR),
    ),
    apart("clusters that cannot be asked", alone(DBSCAN()), "predict"),
    apart("nearest neighbours", alone(NearestNeighbors()), "predict"),
    apart("a transformer of one's own", fitted, "tests.bring", model=make_pipeline(Doubled(), _LR)),
    apart("a function of one's own", fitted, "tests.bring", model=make_pipeline(FunctionTransformer(doubled), _LR)),
    apart(
        "a lambda",
        fitted,
        "cloudpickle",
        model=make_pipeline(FunctionTransformer(lambda rows: rows * 2), _LR),
        save=saving.cloud,
    ),
    apart(
        "rows of another table",
        fitted,
        "lacks",
        write=lambda _rows, folder: saving.csv(_OTHER_TABLE, folder),
        options={"target": None},
    ),
    apart("rows without the target", fitted, "no column", options={"target": "species"}),
    _bytes(
        "Git LFS pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "git lfs pull"
    ),
    _bytes("empty", b"", "empty"),
    _bytes("web page", b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", "web page"),
    _bytes("half of a pickle", b"\x80\x04\x95\x0b\x00\x00\x00", "cut off"),
    _bytes("JSON", b'{"coef": [1, 2]}', "pickle", "model.json"),
    _bytes("Keras", b"\x89HDF\r\n\x1a\n" + bytes(100), "ONNX", "model.h5"),
    _bytes("PyTorch", b"\x80\x02ctorch.nn.modules.linear\nLinear\nq\x00)\x81q\x01.", "torch", "model.pt"),
    _bytes(
        "Surprise", b"\x80\x03csurprise.prediction_algorithms.matrix_factorization\nSVD\nq\x00)\x81q\x01.", "surprise"
    ),
)

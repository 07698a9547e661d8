"""Parts saved apart: each is refused in a sentence that says how to save them together."""

from collections.abc import Callable
from typing import Any

import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, OneHotEncoder, StandardScaler

from tests.bring import saving
from tests.bring.case import Case, Fit, fitted
from tests.bring.saving import pickle_as
from tests.bring.tables.classes import churn, credit, crops
from tests.bring.tables.shipped import iris
from tests.bring.tables.table import Table
from tests.bring.tables.texts import messages

ADVICE = "make_pipeline"

_LR = LogisticRegression(max_iter=500)
_SCALED = make_pipeline(StandardScaler(), _LR)
_COLUMNS = make_column_transformer((OneHotEncoder(), ["Contract"]), (StandardScaler(), ["tenure"]))


def apart(name: str, fit: Fit, refused: str = ADVICE, table: Table = iris, model: Any = _LR, **more: Any) -> Case:
    """A file that holds no whole model."""
    return Case(name, table, model, fit=fit, whole=False, refused=refused, **more)


def alone(part: Any) -> Fit:
    return lambda _model, rows, _target: fitted(part, rows, None)


def _behind(part: Any) -> Fit:
    """The model alone, fitted on what another part gave, which is in another file."""
    return lambda model, rows, target: fitted(model, fitted(part, rows, None).transform(rows), target)


def _changed(change: Callable[[Any], Any]) -> Fit:
    return lambda model, rows, target: fitted(model, change(rows), target)


def _encode(rows: pd.DataFrame) -> pd.DataFrame:
    encoded: pd.DataFrame = rows.apply(LabelEncoder().fit_transform)
    return encoded


def _with(*others: Any, form: Callable[[Any], Any] = tuple) -> Fit:
    """The fitted model and other parts."""
    return lambda model, rows, target: form(
        [
            fitted(model, rows, target),
            *(fitted(part, rows, target) if isinstance(part, BaseEstimator) else part for part in others),
        ]
    )


def _called(*names: str) -> Callable[[Any], Any]:
    return lambda contents: dict(zip(names, contents, strict=True))


def _vectorizer_and_model(model: Any, rows: Any, target: Any) -> Any:
    vectorizer = TfidfVectorizer().fit(rows)
    return fitted(model, vectorizer.transform(rows), target), vectorizer


def _dictionaries_and_model(model: Any, rows: Any, target: Any) -> Any:
    vectorizer = DictVectorizer().fit(rows)
    return vectorizer, fitted(model, vectorizer.transform(rows), target)


def _reversed(contents: Any) -> Any:
    return contents[::-1]


CASES = (
    apart("scaler.pkl", alone(StandardScaler()), save=pickle_as("scaler.pkl")),
    apart("minmaxscaler.pkl", alone(MinMaxScaler()), form="array", save=pickle_as("minmaxscaler.pkl")),
    apart("label_encoder.pkl", lambda _m, _r, _t: LabelEncoder().fit(["no", "yes"]), "--encoder"),
    apart("vectorizer.pkl", alone(TfidfVectorizer()), table=messages, form="series"),
    apart("preprocessor.pkl", alone(_COLUMNS), table=churn, columns=("Contract", "tenure")),
    apart("pca.pkl", alone(PCA(2))),
    apart("preprocessing without a model", alone(make_pipeline(StandardScaler(), PCA(2)))),
    apart("model behind a scaler", _behind(StandardScaler()), table=credit),
    apart(
        "model behind a scaler with names",
        _behind(StandardScaler().set_output(transform="pandas")),
        table=churn,
        columns=("tenure", "MonthlyCharges"),
    ),
    apart("neighbours behind a scaler", _behind(MinMaxScaler()), table=crops, model=KNeighborsClassifier()),
    apart("model behind components", _behind(PCA(3)), "takes 3 columns", table=credit),
    apart("model of encoded words", _changed(_encode), table=churn, columns=("Contract", "gender")),
    apart("model of dummies", _changed(pd.get_dummies), "lacks", table=churn, columns=("Contract", "tenure")),
    apart(
        "model of vectors",
        _behind(TfidfVectorizer()),
        "takes 31 columns",
        table=messages,
        model=MultinomialNB(),
        form="series",
    ),
    apart("model and scaler in a dict", _with(StandardScaler(), form=_called("model", "scaler"))),
    apart("model and names in a dict", _with(["a", "b"], form=_called("model", "features")), 'p["model"]'),
    apart("two pipelines in a dict", _with(_SCALED, form=_called("lr", "scaled")), 'p["lr"]'),
    apart(
        "model and vectorizer in a tuple", _vectorizer_and_model, table=messages, model=MultinomialNB(), form="series"
    ),
    apart(
        "dictionaries and model in a tuple",
        _dictionaries_and_model,
        table=churn,
        form="records",
        save=pickle_as("model.bin"),
    ),
    apart("model and columns in a tuple", _with(["a", "b", "c", "d"]), "tuple"),
    apart("scaler and model in a list", _with(StandardScaler(), form=_reversed)),
    apart("two pickles in one file", _with(StandardScaler()), "pickle", save=saving.in_turn),
)

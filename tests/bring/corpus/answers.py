"""What a model may answer: clusters, outliers, several numbers, and classes of every kind."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from sklearn.cluster import Birch, BisectingKMeans, KMeans, MiniBatchKMeans
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.covariance import EllipticEnvelope
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingRegressor, IsolationForest, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.mixture import GaussianMixture
from sklearn.multioutput import MultiOutputRegressor, RegressorChain
from sklearn.neighbors import KNeighborsRegressor, LocalOutlierFactor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, QuantileTransformer, StandardScaler
from sklearn.svm import OneClassSVM
from sklearn.tree import DecisionTreeClassifier

from tests.bring.case import Case, fitted
from tests.bring.saving import joblib_as, pickle_as
from tests.bring.tables.amounts import buildings, houses, insurance
from tests.bring.tables.classes import churn, crops, customers, heart, loans, payments, penguins, pima
from tests.bring.tables.table import Table

_PEOPLE = ("age", "bmi", "children")
_LOANS = ("ApplicantIncome",)
_SCALED = make_pipeline(StandardScaler(), LogisticRegression())


def _spelled(table: Table, *shown: Any) -> Table:
    """Return a table whose classes have other names, in their order."""

    def draw(rng: Generator, count: int) -> pd.DataFrame:
        rows = table.draw(rng, count)
        return rows.assign(**{name: np.array(shown)[_places(rows[name])] for name in table.targets})

    return Table(draw, table.targets)


def _encoded(model: Any, rows: Any, target: Any) -> Any:
    """Fit on the numbers of a LabelEncoder, which the sample does not have."""
    return fitted(model, rows, _places(target))


def _of_numpy(model: Any, rows: Any, target: Any) -> Any:
    """Fit on an array of objects that are numpy's, as `target.map(dict(enumerate(data.target_names)))` gives."""
    return fitted(model, rows, pd.Series(list(map(np.str_, target)), dtype=object))


def _places(target: Any) -> Any:
    return LabelEncoder().fit_transform(target)


CASES = (
    Case("customers, clusters", customers, KMeans(5, n_init=1, random_state=0), save=pickle_as("kmeans_model.pkl")),
    Case("customers, clusters of an array", customers, KMeans(5, n_init=1, random_state=0), form="array"),
    Case(
        "customers, clusters behind a scaler",
        customers,
        make_pipeline(StandardScaler(), KMeans(4, n_init=1, random_state=0)),
    ),
    Case(
        "customers, clusters of components",
        customers,
        make_pipeline(StandardScaler(), PCA(1), MiniBatchKMeans(3, n_init=1, random_state=0)),
    ),
    Case("customers, bisected", customers, BisectingKMeans(3, random_state=0)),
    Case("customers, Birch", customers, Birch(n_clusters=4)),
    Case("payments, a mixture", payments, GaussianMixture(3, random_state=0)),
    Case(
        "payments, isolation forest",
        payments,
        IsolationForest(n_estimators=20, contamination=0.05, random_state=0),
        save=joblib_as("isolation_forest.pkl"),
    ),
    Case(
        "payments, isolation forest of an array",
        payments,
        IsolationForest(n_estimators=20, random_state=0),
        form="array",
    ),
    Case(
        "payments, isolation forest behind a scaler",
        payments,
        make_pipeline(StandardScaler(), IsolationForest(n_estimators=20, random_state=0)),
    ),
    Case("payments, one class", payments, make_pipeline(StandardScaler(), OneClassSVM(nu=0.1))),
    Case("payments, ellipse", payments, EllipticEnvelope(random_state=0)),
    Case("payments, local outliers", payments, LocalOutlierFactor(novelty=True)),
    Case("buildings, two numbers", buildings, LinearRegression()),
    Case(
        "buildings, two numbers of a forest",
        buildings,
        make_pipeline(StandardScaler(), RandomForestRegressor(10, random_state=0)),
    ),
    Case(
        "buildings, a model for each number",
        buildings,
        MultiOutputRegressor(GradientBoostingRegressor(n_estimators=10, random_state=0)),
    ),
    Case("buildings, a chain", buildings, RegressorChain(Ridge())),
    Case("buildings, neighbours", buildings, KNeighborsRegressor(3), form="array"),
    Case("buildings, partial least squares", buildings, PLSRegression(2)),
    Case(
        "buildings, network of two numbers",
        buildings,
        MLPRegressor(hidden_layer_sizes=8, solver="lbfgs", max_iter=900, random_state=0),
    ),
    Case(
        "houses, logarithm of the price",
        houses,
        TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1),
        columns=("GrLivArea", "OverallQual"),
    ),
    Case(
        "insurance, logarithm over columns",
        insurance,
        TransformedTargetRegressor(
            make_pipeline(
                make_column_transformer((OneHotEncoder(), ["sex", "smoker", "region"]), remainder="passthrough"),
                RandomForestRegressor(10, random_state=0),
            ),
            func=np.log1p,
            inverse_func=np.expm1,
        ),
    ),
    Case(
        "insurance, scaled charges",
        insurance,
        make_pipeline(StandardScaler(), TransformedTargetRegressor(Ridge(), transformer=StandardScaler())),
        columns=_PEOPLE,
    ),
    Case(
        "insurance, quantiles of charges",
        insurance,
        TransformedTargetRegressor(Ridge(), transformer=QuantileTransformer(n_quantiles=40)),
        columns=_PEOPLE,
    ),
    Case("heart, true and false", _spelled(heart, False, True), _SCALED),
    Case("heart, zero and one as words", _spelled(heart, "0", "1"), _SCALED),
    Case("heart, True and False as words", _spelled(heart, "False", "True"), _SCALED),
    Case("heart, words of numpy", _spelled(heart, "no", "yes"), _SCALED, fit=_of_numpy),
    Case("heart, floats", _spelled(heart, 0.0, 1.0), DecisionTreeClassifier(random_state=0)),
    Case("heart, minus one", _spelled(heart, -1, 1), _SCALED),
    Case("heart, the word None", _spelled(heart, "None", "Some"), RandomForestClassifier(10, random_state=0)),
    Case("heart, labels", heart, _SCALED, labels=["healthy", "ill"]),
    Case(
        "loans, encoded target and its labels",
        loans,
        LogisticRegression(max_iter=500),
        fit=_encoded,
        columns=_LOANS,
        labels=["N", "Y"],
    ),
    Case(
        "crops, encoded target and its labels",
        crops,
        RandomForestClassifier(10, random_state=0),
        fit=_encoded,
        labels=["coffee", "jute", "maize", "mango", "rice"],
    ),
    Case("penguins, words", penguins, LogisticRegression(max_iter=2000), columns=("body_mass_g",)),
    Case("pima, without a target", pima, _SCALED, options={"target": None}, columns=("Glucose", "BMI")),
    Case(
        "churn, encoded target without labels",
        churn,
        _SCALED,
        fit=_encoded,
        columns=("tenure", "MonthlyCharges"),
        refused="--labels",
        whole=False,
    ),
)

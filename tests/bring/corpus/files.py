"""How a model and its rows are saved: every form of pickle, and tables as programs of all kinds write them."""

from typing import Any

import pandas as pd
from numpy.random import Generator
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tests.bring import saving
from tests.bring.case import Case
from tests.bring.saving import csv_as, joblib_as, pickle_as
from tests.bring.tables.amounts import students, wine_quality
from tests.bring.tables.classes import churn, titanic
from tests.bring.tables.shipped import iris
from tests.bring.tables.table import Table

_IRIS = make_pipeline(StandardScaler(), LogisticRegression())
_FOREST = RandomForestClassifier(5, random_state=0)
_WORDS = make_pipeline(
    make_column_transformer((OneHotEncoder(), ["Größe"]), remainder="passthrough"), LogisticRegression()
)
_CHURN = make_pipeline(
    make_column_transformer((OneHotEncoder(), ["Contract"]), (StandardScaler(), ["MonthlyCharges"])),
    LogisticRegression(),
)


def _named(table: Table, *names: Any) -> Table:
    """Return a table with other names of its columns, the target's among them."""
    return Table(lambda rng, count: table.draw(rng, count).set_axis(list(names), axis="columns"), (names[-1],))


def _iris(*names: Any) -> Table:
    return _named(iris, *names, "target")


def _contracts(rng: Generator, count: int) -> pd.DataFrame:
    return churn.draw(rng, count)[["Contract", "MonthlyCharges", "Churn"]].replace("Two year", "überjährig")


_GERMAN = _named(Table(_contracts, ("Churn",)), "Größe", "Preis €", "bleibt")
_PASSED = Table(
    lambda rng, count: students.draw(rng, count).assign(passed=lambda rows: rows["math score"] > 60), ("passed",)
)

CASES = (
    *(Case(f"pickle protocol {number}", iris, _IRIS, save=pickle_as(protocol=number)) for number in range(6)),
    Case("joblib", iris, _FOREST, save=joblib_as("model.joblib")),
    Case("joblib as pkl", iris, _FOREST, save=joblib_as("model.pkl")),
    Case("joblib, level 3", iris, _FOREST, save=joblib_as("model.joblib", 3)),
    Case("joblib, gzip", iris, _FOREST, save=joblib_as("model.joblib.gz")),
    Case("joblib, bz2", iris, _FOREST, save=joblib_as("model.bz2", ("bz2", 3))),
    Case("joblib, lzma", iris, _FOREST, save=joblib_as("model.lzma", ("lzma", 3))),
    Case("joblib, xz", iris, _FOREST, save=joblib_as("model.xz", ("xz", 3))),
    Case("joblib, z", iris, _FOREST, save=joblib_as("model.z", True)),
    Case("pickle, sav", iris, _IRIS, form="array", save=pickle_as("finalized_model.sav")),
    Case("pickle, no ending", iris, _IRIS, save=pickle_as("classifier")),
    Case("pickle, gzip", iris, _IRIS, save=saving.zipped),
    Case("pickle, bz2", iris, _IRIS, save=saving.bzipped),
    Case("cloudpickle", iris, _IRIS, save=saving.cloud),
    Case("semicolons", _GERMAN, _WORDS, write=saving.windows),
    Case("decimal commas", _GERMAN, _WORDS, write=csv_as(sep=";", decimal=",")),
    Case("tabs", churn, _CHURN, write=csv_as("rows.tsv", sep="\t"), columns=("Contract", "MonthlyCharges")),
    Case("bars", churn, _CHURN, write=csv_as("rows.txt", sep="|"), columns=("Contract", "MonthlyCharges")),
    Case("Latin-1", _GERMAN, _WORDS, write=csv_as(encoding="cp1252")),
    Case("UTF-16", _GERMAN, _WORDS, write=csv_as(encoding="utf-16")),
    Case("gzip", iris, _IRIS, write=csv_as("rows.csv.gz")),
    Case("an index column", iris, _IRIS, write=csv_as(index=True)),
    Case("an index column, an array", iris, _IRIS, form="array", write=csv_as(index=True)),
    Case("everything in quotes", churn, _CHURN, write=csv_as(quoting=1), columns=("Contract", "MonthlyCharges")),
    Case("numbered columns", _iris(*range(4)), _IRIS),
    Case("quotes and slashes in names", _PASSED, _IRIS, columns=('writing "score"', "reading score")),
    Case("names in Japanese", _iris("がく片の長さ", "幅", "花弁 (長さ)", "花弁,幅"), _IRIS),
    Case(
        "names with line breaks and dots",
        _iris("sepal\nlength", "sepal.width", " petal length", "petal-width{}"),
        _IRIS,
    ),
    Case("names of the protocol", _iris("instances", "inputs", "prediction", "input"), _IRIS),
    Case("blanks in names", wine_quality, make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))),
    Case(
        "columns that the model does not take",
        titanic,
        make_pipeline(StandardScaler(), LogisticRegression()),
        fit=lambda model, rows, target: model.fit(rows[["Pclass", "Fare"]], target),
    ),
)

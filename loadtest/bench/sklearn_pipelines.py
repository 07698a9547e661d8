"""Pipelines that this server runs in scikit-learn, since ONNX cannot express them: text, and trees over categories."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from loadtest.bench import closed_loop, request_spec
from loadtest.bench.closed_loop import Subject
from loadtest.bench.plan import BATCH_CLIENTS, BATCH_ROWS, MANY_CLIENTS, ONE_CLIENT, Plan
from loadtest.bench.request_spec import MeasurementError
from loadtest.bench.servers import FASTAPI, KSERVE, OURS, Fleet, Server
from loadtest.bench.tabular_models import Model
from model.bring import pipeline as bring
from model.bring.request import BundleRequest

ROWS = 2_000
WORDS = 5_000

# KServe comes first: the ratios are to it. Its V1 takes rows with names and strings as one list of objects.
SERVERS: Sequence[Server] = (
    replace(KSERVE, one_row={"V1": request_spec.v1_objects}, batch={"V1": request_spec.v1_objects}),
    FASTAPI,
    replace(OURS, one_row=FASTAPI.one_row, batch=FASTAPI.batch),
)

Fitted = tuple[Pipeline, pd.DataFrame, np.ndarray[Any, Any]]


def measure(folder: Path, plan: Plan) -> dict[str, Any]:
    """Return the figures of each pipeline for one row and for a batch, by section."""
    sections: dict[str, Any] = {"sklearn_one_client": [], "sklearn_many_clients": [], "sklearn_batches": []}
    for name, fit in PIPELINES.items():
        model = _bundled(name, *fit(np.random.default_rng(0)), folder)
        with closing(Fleet(SERVERS, lambda model=model: model, folder)) as fleet:  # type: ignore[misc]
            for section, count, clients in zip(
                sections, (1, 1, BATCH_ROWS), (ONE_CLIENT, MANY_CLIENTS, BATCH_CLIENTS), strict=True
            ):
                subjects = [
                    Subject(server.name, protocol, process, spec_for(model.sample(count)))
                    for server, process in fleet.started()
                    for protocol, spec_for in (server.one_row if count == 1 else server.batch).items()
                ]
                measured = closed_loop.alternate(subjects, plan.rounds, plan.seconds, clients)
                sections[section] += [{"model": name, **asdict(row)} for row in measured]
    return sections


def _text(random: np.random.Generator) -> Fitted:
    """Return a classifier of texts of 20 to 59 words."""
    letters = list("abcdefghijklmnopqrstuvwxyz")
    words = np.array(["".join(random.choice(letters, random.integers(3, 10))) for _ in range(WORDS)])
    often = 0.7 / WORDS + 0.3 * random.dirichlet(np.full(WORDS, 0.1), 2)  # two subjects prefer some words
    target = random.integers(0, 2, ROWS)
    texts = [" ".join(random.choice(words, random.integers(20, 60), p=often[subject])) for subject in target]
    vectorizer = ColumnTransformer([("text", TfidfVectorizer(), "text")])
    return make_pipeline(vectorizer, LogisticRegression()), pd.DataFrame({"text": texts}), target


def _categories(random: np.random.Generator) -> Fitted:
    """Return boosted trees that split on two categorical columns and two of numbers."""
    rows = pd.DataFrame(
        {
            "colour": random.choice(["red", "blue", "green"], ROWS),
            "town": random.choice(list("abcdefghij"), ROWS),
            "size": random.normal(size=ROWS).round(3),
            "age": random.uniform(1, 90, ROWS).round(1),
        }
    )
    target = ((rows["size"] > 0) ^ (rows["colour"] == "red")).to_numpy(np.int64)
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    columns = ColumnTransformer([("codes", encoder, ["colour", "town"])], remainder="passthrough")
    return make_pipeline(columns, HistGradientBoostingClassifier(categorical_features=[0, 1])), rows, target


PIPELINES: dict[str, Callable[[np.random.Generator], Fitted]] = {
    "TfidfVectorizer, LogisticRegression": _text,
    "HistGradientBoosting with categories": _categories,
}


def _bundled(title: str, pipeline: Pipeline, rows: pd.DataFrame, target: Any, folder: Path) -> Model:
    name = title.partition(",")[0].partition(" ")[0].lower()
    data, file = folder / f"{name}.csv", folder / f"{name}.joblib"
    rows.to_csv(data, index=False)
    joblib.dump(pipeline.fit(rows, target), file)
    bundle = bring.bundle(BundleRequest(file, data, name, folder / name))
    if not bundle.skops:
        raise MeasurementError(f"ONNX serves {title} by now. This table needs a pipeline that scikit-learn serves.")
    records = [dict(zip(rows.columns, values, strict=True)) for values in rows.to_numpy().tolist()]
    return Model(name, file, file, bundle.folder, records, pipeline.predict(rows).tolist())

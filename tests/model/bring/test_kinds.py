"""Estimators of each kind are bundled and answer over HTTP's handlers as they do at home."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans, MeanShift
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from model.bring.pipeline import bundle
from model.bring.request import BundleRequest
from server.predictor import Predictor
from server.rows import rest

RANDOM = np.random.default_rng(0)
POINTS = pd.DataFrame({"x": RANDOM.normal(size=60), "y": RANDOM.normal(size=60)})
FRESH = pd.DataFrame({"x": RANDOM.normal(size=30) * 3, "y": RANDOM.normal(size=30) * 3})
WORDS = ["good film", "a BAD film", "fine, naïve", "", "None", "so bad", "It's good"]
TEXTS = pd.DataFrame({"text": [WORDS[place % 7] for place in range(42)], "stars": np.arange(42) % 5})
LIKED = pd.Series(["yes" if "good" in text or text == "None" else "no" for text in TEXTS["text"]], name="liked")


def served(folder: Path, model: Any, sample: pd.DataFrame, **more: Any) -> Predictor:
    """Bundle the model and load it into a server's predictor."""
    joblib.dump(model, folder / "model.joblib")
    sample.to_csv(folder / "rows.csv", index=False)
    made = bundle(BundleRequest(folder / "model.joblib", folder / "rows.csv", "mine", folder / "mine", **more))
    predictor = Predictor("mine", made)
    predictor.load()
    return predictor


def answers(predictor: Predictor, rows: pd.DataFrame) -> list[dict[str, Any]]:
    records = rows.astype(object).where(rows.notna(), None).to_dict("records")
    body = json.dumps({"instances": records}).encode()
    found: list[dict[str, Any]] = json.loads(rest.predict_batch(predictor, body, {}).body)["predictions"]
    return found


@pytest.mark.parametrize(
    "clusterer",
    [
        KMeans(3, n_init=1, random_state=0),
        make_pipeline(StandardScaler(), KMeans(3, n_init=1, random_state=0)),
        GaussianMixture(2, random_state=0),
        MeanShift(bandwidth=0.5),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_clusterer_answers_with_the_cluster(tmp_path: Path, clusterer: Any) -> None:
    predictor = served(tmp_path, clusterer.fit(POINTS), POINTS[:20])
    found = answers(predictor, FRESH)
    assert [answer["prediction"] for answer in found] == clusterer.predict(FRESH).tolist()
    assert found[0]["label"] == str(found[0]["prediction"])
    assert "clustering" in predictor.bundle.card["summary"]


@pytest.mark.parametrize(
    "detector",
    [
        IsolationForest(n_estimators=9, random_state=0),
        make_pipeline(StandardScaler(), LocalOutlierFactor(novelty=True)),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_detector_of_outliers_answers_with_its_score(tmp_path: Path, detector: Any) -> None:
    sample = POINTS.assign(fraud=0)
    predictor = served(tmp_path, detector.fit(POINTS), sample, target="fraud", labels=("odd", "usual"))
    found = answers(predictor, FRESH)
    assert {answer["prediction"] for answer in found} == {-1, 1}
    assert [answer["prediction"] for answer in found] == detector.predict(FRESH).tolist()
    assert [answer["score"] for answer in found] == pytest.approx(detector.score_samples(FRESH))
    assert all(answer["label"] == ("odd" if answer["prediction"] < 0 else "usual") for answer in found)


@pytest.mark.parametrize(
    ("target", "names"), [("north,east", ("north", "east")), (None, ("target_1", "target_2"))], ids=["named", "unnamed"]
)
def test_several_numbers_are_predicted_together(tmp_path: Path, target: str | None, names: tuple[str, ...]) -> None:
    truth = pd.DataFrame({"north": POINTS["x"] * 2, "east": POINTS["y"] + 1})
    model = LinearRegression().fit(POINTS, truth)
    predictor = served(tmp_path, model, pd.concat([POINTS, truth], axis=1), target=target)
    assert predictor.task.targets == names
    found = answers(predictor, FRESH)
    assert np.array([answer["prediction"] for answer in found]) == pytest.approx(model.predict(FRESH), rel=1e-5)
    assert predictor.outputs[0].shape == (-1, 2)
    assert set(predictor.bundle.statistics["answers"]) == set(names)
    assert bool(predictor.bundle.card["metrics"]) == (target is not None)


@pytest.mark.parametrize(
    "vectorizer",
    [
        TfidfVectorizer(),
        TfidfVectorizer(lowercase=False, ngram_range=(1, 2)),
        CountVectorizer(analyzer="char_wb", ngram_range=(2, 3)),
        HashingVectorizer(n_features=64),
        make_union(TfidfVectorizer(), CountVectorizer(analyzer="char")),
    ],
    ids=lambda each: type(each).__name__,
)
def test_texts_are_taken_as_a_series(tmp_path: Path, vectorizer: Any) -> None:
    model = make_pipeline(vectorizer, LogisticRegression()).fit(TEXTS["text"], LIKED)
    predictor = served(tmp_path, model, pd.concat([TEXTS, LIKED], axis=1), target="liked")
    assert [(feature.name, feature.categories) for feature in predictor.task.features] == [("text", ())]
    fresh = pd.DataFrame({"text": ["A good good FILM", "bad naïve", "", "unheard of", "été"]})
    found = answers(predictor, fresh)
    assert [answer["prediction"] for answer in found] == model.predict(fresh["text"]).tolist()
    probabilities = model.predict_proba(fresh["text"]).max(axis=1)
    assert [answer["probability"] for answer in found] == pytest.approx(probabilities, abs=1e-5)


@pytest.mark.parametrize("column", ["text", 0], ids=["by name", "by position"])
def test_texts_are_taken_beside_other_columns(tmp_path: Path, column: str | int) -> None:
    columns = make_column_transformer((TfidfVectorizer(), column), (StandardScaler(), ["stars"]))
    model = make_pipeline(columns, LogisticRegression()).fit(TEXTS, LIKED)
    predictor = served(tmp_path, model, pd.concat([TEXTS, LIKED], axis=1), target="liked")
    fresh = TEXTS.assign(text=TEXTS["text"].str.upper() + " film", stars=2)
    assert [answer["prediction"] for answer in answers(predictor, fresh)] == model.predict(fresh).tolist()


@pytest.mark.parametrize(
    "columns", [["text"], [True, False], slice(0, 1), slice("text", "text")], ids=["names", "mask", "places", "range"]
)
def test_a_vectorizer_gets_its_column_however_it_is_chosen(tmp_path: Path, columns: Any) -> None:
    texts = make_pipeline(FunctionTransformer(np.ravel), TfidfVectorizer())
    model = make_pipeline(
        make_column_transformer((texts, columns), (StandardScaler(), ["stars"])), LogisticRegression()
    ).fit(TEXTS, LIKED)
    predictor = served(tmp_path, model, pd.concat([TEXTS, LIKED], axis=1), target="liked")
    assert [answer["prediction"] for answer in answers(predictor, TEXTS)] == model.predict(TEXTS).tolist()


def test_pandas_categories_of_gradient_boosting_are_strings(tmp_path: Path) -> None:
    rows = pd.DataFrame({"city": pd.Categorical(["Ulm", "Köln", "Bonn"] * 20), "size": np.arange(60.0)})
    target = (rows["city"] == "Ulm") ^ (rows["size"] > 30)
    model = HistGradientBoostingClassifier(categorical_features="from_dtype", min_samples_leaf=3).fit(rows, target)
    predictor = served(tmp_path, model, rows)
    fresh = pd.DataFrame({"city": ["Bonn", "Ulm", None, "Rome"] * 5, "size": [*np.linspace(0, 60, 19), np.nan]})
    expected = model.predict_proba(fresh.assign(city=fresh["city"].astype(rows["city"].dtype)))[:, 1]
    found = answers(predictor, fresh)
    assert predictor.task.names == ("city", "size")
    got = [answer["probability"] if answer["prediction"] else 1 - answer["probability"] for answer in found]
    assert got == pytest.approx(expected, abs=1e-5)


CLASSES: list[tuple[str, Callable[[Any], Any], tuple[Any, ...]]] = [
    ("booleans", lambda high: high, (0, 1)),
    ("digits as text", lambda high: np.where(high, "1", "0"), ("0", "1")),
    ("True and False as text", lambda high: np.where(high, "True", "False"), ("False", "True")),
    ("the word None", lambda high: np.where(high, "Some", "None"), ("None", "Some")),
    ("whole floats", lambda high: np.where(high, 2.0, 1.0), (1, 2)),
]


@pytest.mark.parametrize(("spelled", "classes"), [pytest.param(*case[1:], id=case[0]) for case in CLASSES])
def test_classes_of_every_type_are_found_in_the_target(
    tmp_path: Path, spelled: Callable[[Any], Any], classes: tuple[Any, ...]
) -> None:
    target = spelled((POINTS["x"] > 0).to_numpy())
    model = DecisionTreeClassifier(random_state=0).fit(POINTS, target)
    predictor = served(tmp_path, model, POINTS.assign(high=target), target="high")
    assert predictor.bundle.card["metrics"]["rows_given"]["accuracy"] == 1
    assert predictor.task.classes == classes
    own = model.classes_.tolist()
    expected = [classes[own.index(value)] for value in model.predict(FRESH).tolist()]
    assert [answer["prediction"] for answer in answers(predictor, FRESH)] == expected


def test_a_boolean_column_with_one_hot_codes_takes_true_and_false(tmp_path: Path) -> None:
    rows = pd.DataFrame({"member": POINTS["x"] > 0, "level": np.arange(60) % 3})
    model = make_pipeline(OneHotEncoder(drop="if_binary"), LogisticRegression()).fit(rows, POINTS["x"] > 0.5)
    predictor = served(tmp_path, model, rows)
    member, level = predictor.task.features
    assert (member.boolean, level.codes) == (True, (0.0, 1.0, 2.0))
    found = answers(predictor, rows)
    assert [answer["label"] for answer in found] == [str(value) for value in model.predict(rows)]

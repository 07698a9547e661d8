from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_wine
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeRegressor

from model.bring import probe
from model.bring.answers import Answered, ask
from model.bring.check import ConversionCheck, check_conversion, compare, open_graph
from model.bring.description import in_precision
from model.bring.onnx import convert
from model.bring.probe import Block
from model.task import Feature, Task

ROWS, TARGET = load_wine(as_frame=True, return_X_y=True)
CLASSES = Task(
    name="wine",
    title="Wine",
    version="1.0.0",
    kind="classification",
    features=tuple(Feature(name, "FP32") for name in ROWS.columns),
    example=dict.fromkeys(ROWS.columns, 1.0),
    classes=(0, 1, 2),
    labels=("0", "1", "2"),
)
NUMBERS = Task("wine", "Wine", "1.0.0", "regression", CLASSES.features, CLASSES.example)


def checked(pipeline: Any, graph: bytes, task: Task, rows: pd.DataFrame) -> ConversionCheck:
    return check_conversion(pipeline, open_graph(graph), task, rows)


def classifier(strength: float) -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength)).fit(ROWS, TARGET)


def test_a_graph_of_the_same_pipeline_passes() -> None:
    pipeline = classifier(1.0)
    check = checked(pipeline, convert(pipeline, CLASSES), CLASSES, ROWS)
    assert (check.holds, check.rows, check.labels_differing, check.labels_tied) == (True, 178, 0, 0)


def test_a_graph_of_another_pipeline_fails() -> None:
    check = checked(classifier(1.0), convert(classifier(0.9), CLASSES), CLASSES, ROWS)
    assert not check.holds
    assert check.labels_differing == 0  # only the probabilities give it away
    assert "probabilities by up to" in check.summary()


@pytest.mark.parametrize("number", ["FP32", "FP64"])
def test_the_datatype_is_that_of_the_numbers_even_with_strings(number: Literal["FP32", "FP64"]) -> None:
    rows = pd.DataFrame({"colour": ["red", "blue"] * 20, "width": np.arange(40.0)})
    columns = ColumnTransformer([("words", OneHotEncoder(), ["colour"])], remainder="passthrough")
    pipeline = make_pipeline(columns, Ridge()).fit(rows, rows["width"])
    features = (Feature("colour", "BYTES"), Feature("width", number))
    task = Task("paint", "Paint", "1.0.0", "regression", features, {"colour": "red", "width": 1.0})
    assert checked(pipeline, convert(pipeline, task), task, rows).datatype == number


def test_a_differing_label_fails() -> None:
    assert not ConversionCheck(178, "FP32", 1e-5, labels_differing=1, worst_probability_difference=0.0).holds


def test_nan_fails() -> None:
    assert not ConversionCheck(178, "FP32", 1e-5, labels_differing=0, worst_probability_difference=float("nan")).holds
    assert not ConversionCheck(178, "FP32", 1e-5, worst_relative_difference=float("nan")).holds


def test_a_regression_slightly_off_fails() -> None:
    near = [make_pipeline(StandardScaler(), Ridge(strength)).fit(ROWS, TARGET) for strength in (1.0, 1.0001)]
    double = in_precision(NUMBERS, "FP64")
    graph = convert(near[0], double)
    assert checked(near[0], graph, double, ROWS).holds
    assert not checked(near[1], graph, double, ROWS).holds


@pytest.mark.parametrize("constant", [0.0, 5.0])
def test_a_constant_prediction_passes(constant: float) -> None:
    pipeline = make_pipeline(StandardScaler(), Ridge()).fit(ROWS, np.full(len(ROWS), constant))
    assert checked(pipeline, convert(pipeline, NUMBERS), NUMBERS, ROWS).holds


def test_the_same_pipeline_gives_the_same_graph() -> None:
    pipeline = classifier(1.0)
    assert convert(pipeline, CLASSES) == convert(pipeline, CLASSES)


def test_conversion_does_not_change_the_pipeline() -> None:
    pipeline = classifier(1.0)
    before = pipeline.predict_proba(ROWS)
    convert(pipeline, CLASSES)
    assert [name for name, _ in pipeline.steps] == ["standardscaler", "logisticregression"]
    assert (pipeline.predict_proba(pd.DataFrame(ROWS)) == before).all()


@pytest.mark.parametrize(("likely", "served", "tied"), [((0.5, 0.5), 1, False), ((0.5 + 1e-14, 0.5 - 1e-14), 1, True)])
def test_only_rounding_excuses_another_label(likely: tuple[float, float], served: int, *, tied: bool) -> None:
    task = Task("m", "M", "1", "classification", (Feature("x", "FP64"),), {"x": 0.0}, (0, 1), ("0", "1"))
    rows = pd.DataFrame({"x": [0.0, 1.0]})
    answered = Answered("sample", rows, np.array([0, 0]), np.array([likely, likely]), None, rows[:0])
    outputs = {"prediction": np.array([served]), "probabilities": np.array([likely])}
    check = compare([answered], lambda _: outputs, task)
    assert (check.holds, check.labels_tied) == (tied, 2 * tied)


@pytest.mark.parametrize(("off", "holds"), [(0.9e-5, True), (1.1e-5, False)])
def test_a_probability_is_compared_relative_to_itself(off: float, *, holds: bool) -> None:
    task = Task("m", "M", "1", "classification", (Feature("x", "FP64"),), {"x": 0.0}, (0, 1), ("0", "1"))
    rows = pd.DataFrame({"x": [0.0, 1.0]})
    likely = np.array([[0.98, 0.02], [0.98, 0.02]])
    answered = Answered("sample", rows, np.array([0, 0]), likely, None, rows[:0])
    outputs = {"prediction": np.array([0]), "probabilities": likely[:1] * [1, 1 + off]}
    assert compare([answered], lambda _: outputs, task).holds == holds


@pytest.mark.parametrize(("off", "holds"), [(0.9e-5, True), (1.1e-5, False)])
def test_a_score_of_an_outlier_is_compared(off: float, *, holds: bool) -> None:
    task = Task("m", "M", "1", "classification", (Feature("x", "FP64"),), {"x": 0.0}, (-1, 1), ("-1", "1"))
    rows = pd.DataFrame({"x": np.arange(200.0)})
    blocks = [Block("sample", rows), Block("odd", rows + 500)]
    detector = IsolationForest(random_state=0).fit(rows.to_numpy())
    answered = list(ask(detector, blocks))

    def run(feed: Mapping[str, Any]) -> dict[str, Any]:
        given = feed["input"]
        return {"prediction": detector.predict(given), "score": detector.score_samples(given) * (1 + off)}

    check = compare(answered, run, task)
    assert check.holds == holds
    assert check.worst_score_difference == pytest.approx(off, rel=1e-3)
    assert ("scores by up to 1.1e-05 of their size" in check.summary()) != holds


def test_a_row_that_the_pipeline_refuses_must_not_be_answered() -> None:
    pipeline = make_pipeline(FunctionTransformer(np.log1p), LinearRegression())
    table = pd.DataFrame({"x": np.arange(40.0)})
    pipeline.fit(table.to_numpy(), table["x"])
    task = Task("m", "M", "1", "regression", (Feature("x", "FP64"),), {"x": 0.0})
    blocks = [Block("sample", table), Block("negative", pd.DataFrame({"x": np.arange(-40.0, 5.0)}))]
    answered = list(ask(pipeline, blocks))
    assert len(answered[1].refused) > 0
    honest = compare(answered, lambda feed: {"prediction": pipeline.predict(feed["input"])}, task)
    assert (honest.holds, honest.refused_but_answered) == (True, 0)
    bold = compare(answered, lambda feed: {"prediction": pipeline.predict(feed["input"].clip(0))}, task)
    assert not bold.holds
    assert "refuses are answered" in bold.summary()


def test_a_tree_behind_a_scaler_needs_double_precision() -> None:
    even = pd.DataFrame({"age": np.tile(np.arange(18, 80, 2.0), 4)})
    pipeline = make_pipeline(StandardScaler(), DecisionTreeRegressor(random_state=0)).fit(even, even["age"])
    tasks = [Task("m", "M", "1", "regression", (Feature("age", number),), {"age": 18.0}) for number in ("FP32", "FP64")]
    graphs = [convert(pipeline, task) for task in tasks]
    assert compare(list(ask(pipeline, [Block("sample", even)])), open_graph(graphs[0]), tasks[0]).holds  # not enough
    answered = list(ask(pipeline, probe.blocks(pipeline, even, tasks[1].features)))
    holds = [compare(answered, open_graph(graph), task).holds for graph, task in zip(graphs, tasks, strict=True)]
    assert holds == [False, True]


def test_a_graph_with_a_row_for_each_of_several_numbers_fails() -> None:
    rows = pd.DataFrame({"x": np.arange(40.0)})
    network = MLPRegressor(hidden_layer_sizes=2, tol=1, n_iter_no_change=1, random_state=0).fit(
        rows, np.column_stack([rows["x"], -rows["x"]])
    )
    task = Task("m", "M", "1", "regression", (Feature("x", "FP64"),), {"x": 0.0}, targets=("up", "down"))
    with pytest.raises(ValueError, match="more or fewer rows than its input"):
        checked(network, convert(network, task), task, rows)

"""Each kind of rows finds a fault that the sample and all other kinds do not."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeRegressor

from model.bring import probe, splits
from model.bring.answers import ask
from model.bring.check import compare
from model.bring.probe import Block
from model.task import Feature, Task

TENS = pd.DataFrame({"x": np.arange(40) * 10.0})
FRACTIONS = pd.DataFrame({"x": np.arange(40) + 0.25})
PAIRS = pd.DataFrame({"x": np.arange(40) * 10.0, "y": np.arange(40) * 10.0})
TOWNS = pd.DataFrame({"town": ["Ulm", "Bonn"] * 20, "x": np.arange(40) * 10.0})
X = Feature("x", "FP64", minimum=0.0, maximum=390.0)

Fault = Callable[[pd.DataFrame], "pd.Series[bool]"]


def tree() -> Any:
    return make_pipeline(StandardScaler(), DecisionTreeRegressor(random_state=0)).fit(TENS, TENS["x"])


def bins() -> Any:
    discretizer = KBinsDiscretizer(3, strategy="uniform", encode="ordinal")
    return make_pipeline(discretizer, Ridge()).fit(TENS, TENS["x"])


def towns(**options: Any) -> Any:
    encoder = OneHotEncoder(**options)
    known = pd.concat([TOWNS, pd.DataFrame({"town": ["Kiel"], "x": [0.0]})])
    columns = make_column_transformer((encoder, ["town"]), remainder="passthrough")
    return make_pipeline(columns, Ridge()).fit(known, known["x"])


def adjacent(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Whether x is a neighbour in double precision of a plain number."""
    return rows["x"].map(lambda value: value != round(value, 6) and abs(value - round(value, 6)) < 1e-12)


FAULTS: list[tuple[str, Callable[[], Any], pd.DataFrame, tuple[Feature, ...], Fault]] = [
    ("midway", lambda: Ridge().fit(FRACTIONS, FRACTIONS["x"]), FRACTIONS, (X,), lambda rows: rows["x"] % 1 == 0.75),
    ("at thresholds", tree, TENS, (X,), lambda rows: rows["x"].sub(5).mod(10).between(1e-9, 1e-4)),
    ("at edges and codes", bins, TENS, (X,), adjacent),
    (
        "known categories",
        towns,
        TOWNS,
        (Feature("town", "BYTES", categories=("Bonn", "Kiel", "Ulm"), closed=True), X),
        lambda rows: rows["town"] == "Kiel",
    ),
    (
        "unknown categories",
        lambda: towns(handle_unknown="ignore"),
        TOWNS,
        (Feature("town", "BYTES", categories=("Bonn", "Ulm")), X),
        lambda rows: rows["town"] == "ULM",
    ),
    (
        "missing values",
        lambda: RandomForestRegressor(3, random_state=0).fit(TENS, TENS["x"]),
        TENS,
        (Feature("x", "FP64", minimum=0.0, maximum=390.0, optional=True),),
        lambda rows: rows["x"].isna(),
    ),
    (
        "whole or broken numbers",
        lambda: Ridge().fit(FRACTIONS, FRACTIONS["x"]),
        FRACTIONS,
        (X,),
        lambda rows: rows["x"] % 1 == 0,
    ),
    (
        "drawn between",
        lambda: Ridge().fit(PAIRS, PAIRS["x"]),
        PAIRS,
        (X, Feature("y", "FP64", minimum=0.0, maximum=390.0)),
        lambda rows: (rows["x"] - rows["y"]).abs() > 100,
    ),
]


@pytest.mark.parametrize(
    ("kind", "fitted", "sample", "features", "fault"), [pytest.param(*case, id=case[0]) for case in FAULTS]
)
def test_a_fault_is_found_by_the_rows_of_one_kind_only(
    kind: str, fitted: Callable[[], Any], sample: pd.DataFrame, features: tuple[Feature, ...], fault: Fault
) -> None:
    pipeline = fitted()
    task = Task("m", "M", "1", "regression", features, {str(name): sample[name][0] for name in sample})

    def faulty(feed: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        arrays = feed["input"].T if task.numeric else [array[:, 0] for array in feed.values()]
        rows = pd.DataFrame(dict(zip(task.names, arrays, strict=True)))
        return {"prediction": pipeline.predict(rows) + 1.0 * fault(rows).to_numpy()}

    blocks = list(probe.blocks(pipeline, sample, features))
    assert not compare(list(ask(pipeline, blocks)), faulty, task).holds
    others = [block for block in blocks if block.kind != kind]
    assert compare(list(ask(pipeline, others)), faulty, task).holds


def test_the_same_sample_gives_the_same_rows() -> None:
    first, second = (list(probe.blocks(tree(), TENS, (X,))) for _ in range(2))
    assert [block.kind for block in first] == [
        "sample",
        "midway",
        "at thresholds",
        "whole or broken numbers",
        "drawn between",
    ]
    for one, other in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(one.rows, other.rows)


def test_rows_keep_to_what_the_model_takes() -> None:
    table = TOWNS.assign(code=np.arange(40) % 3, flag=np.arange(40) % 2 == 0)
    features = (
        Feature("town", "BYTES", categories=("Bonn", "Ulm"), closed=True),
        X,
        Feature("code", "FP64", minimum=0, maximum=2, codes=(0, 1, 2)),
        Feature("flag", "FP64", minimum=0, maximum=1, boolean=True),
    )
    pipeline = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["town", "code"]), remainder="passthrough"), Ridge()
    )
    pipeline.fit(table, table["x"])
    for block in probe.blocks(pipeline, table, features):
        assert set(block.rows["town"]) <= {"Bonn", "Ulm"}
        assert set(block.rows["code"]) <= {0, 1, 2}
        assert set(block.rows["flag"]) <= {False, True}
        assert not block.rows.isna().any(axis=None)


def test_a_threshold_behind_steps_is_traced_to_the_column() -> None:
    pipeline = make_pipeline(
        make_column_transformer((StandardScaler(), ["y"]), remainder="passthrough"),
        DecisionTreeRegressor(max_depth=1),
    )
    table = pd.DataFrame({"x": [1.0] * 40, "y": np.arange(40) * 2.0})
    pipeline.fit(table, table["y"] > 30)
    found = splits.of_trees(pipeline, table, 100, np.random.default_rng(0))
    assert found.columns.tolist() == [1]
    assert found.below == pytest.approx(31, abs=1e-5)
    assert found.above == np.nextafter(found.below, np.inf)
    sides = pipeline.predict(pd.DataFrame({"x": 1.0, "y": [*found.below, *found.above]}))
    assert sides[0] != sides[1]


def test_two_thousand_columns_are_bounded() -> None:
    wide = pd.DataFrame(np.random.default_rng(0).random((50, 2_000)))
    wide.columns = wide.columns.astype(str)
    features = tuple(Feature(name, "FP64") for name in wide.columns)
    blocks: list[Block] = list(probe.blocks(Ridge().fit(wide, wide["0"]), wide, features))
    assert max(block.rows.size for block in blocks) <= probe.CELLS

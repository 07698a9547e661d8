"""What is served: two pipelines on the breast-cancer data that scikit-learn carries, and a model that is slow."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import joblib
import numpy as np
from onnx import TensorProto, helper, numpy_helper
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from loadtest.bench.request_spec import Row, Rows
from model.bundle_write import save
from model.task import Feature, Task
from model.train.tabular import from_sklearn, wisconsin

WIDTH = 1024
MULTIPLICATIONS = 220
"""Of a row by a square matrix: together about ten milliseconds on one core."""
SLOW_X = 2.5


@dataclass(frozen=True)
class Model:
    """A trained pipeline and its bundle.

    of_table, of_arrays: the pipeline fitted on a DataFrame and on the same numbers without names, since
    scikit-learn warns of each request where the one is fitted and the other is asked.
    rows, classes: the data, and what the pipeline answers on them.
    """

    name: str
    of_table: Path
    of_arrays: Path
    bundle: Path
    rows: Sequence[Row]
    classes: Sequence[float]

    def sample(self, count: int) -> Rows:
        """As many rows as asked, the data over and over, with their right answers."""
        return list(islice(cycle(self.rows), count)), list(islice(cycle(self.classes), count))


def logistic(folder: Path) -> Model:
    return _train("logistic", make_pipeline(StandardScaler(), LogisticRegression()), folder)


def forest(folder: Path) -> Model:
    return _train("forest", make_pipeline(RandomForestClassifier(100, random_state=0)), folder)


def slow(folder: Path) -> Path:
    """A bundle that answers the number it is asked about, after multiplying it by the unit matrix over and over."""
    numbers = {
        "spread": np.ones((1, WIDTH), np.float32),
        "unit": np.eye(WIDTH, dtype=np.float32),
        "mean": np.full((WIDTH, 1), 1 / WIDTH, np.float32),
    }
    names = ["input", *(f"product_{number}" for number in range(MULTIPLICATIONS + 1)), "prediction"]
    factors = ["spread", *["unit"] * MULTIPLICATIONS, "mean"]
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", [taken, factor], [made])
            for taken, factor, made in zip(names, factors, names[1:], strict=False)
        ],
        "slow",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [None, 1])],
        [helper.make_tensor_value_info("prediction", TensorProto.FLOAT, [None, 1])],
        [numpy_helper.from_array(array, name) for name, array in numbers.items()],
    )
    onnx = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    task = Task("slow", "A model that is slow", "1.0.0", "regression", (Feature("x", "FP32"),), {"x": SLOW_X})
    return save(folder / "slow", task, b"no pipeline: built by hand", onnx, {}, {}).folder


def _train(name: str, pipeline: Pipeline, folder: Path) -> Model:
    rows, target = wisconsin.load()
    data, of_table, of_arrays = (folder / f"{name}.{end}" for end in ("csv", "table.joblib", "arrays.joblib"))
    rows.to_csv(data, index=False)
    joblib.dump(pipeline.fit(rows.to_numpy(), target), of_arrays)
    joblib.dump(pipeline.fit(rows, target), of_table)
    bundle = from_sklearn.bundle(from_sklearn.Wish(of_table, data, name, folder / name, labels=("B", "M")))
    records = [dict(zip(rows.columns, values, strict=True)) for values in rows.to_numpy().tolist()]
    return Model(name, of_table, of_arrays, bundle.folder, records, pipeline.predict(rows).tolist())

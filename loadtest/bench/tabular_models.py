"""The models that are served: two pipelines for the breast-cancer data of scikit-learn, and a slow ONNX graph."""

import timeit
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import joblib
import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from loadtest.bench.request_spec import LabelledRows, Row
from model.bring import pipeline as bring
from model.bring.request import BundleRequest
from model.bundle_write import save
from model.task import Feature, Task
from model.train.tabular import wisconsin

WIDTH = 1024  # of the square matrix by which a slow graph multiplies a row
TRIED_MULTIPLICATIONS = 100
SLOW_X = 2.5


@dataclass(frozen=True)
class Model:
    """A trained pipeline and its bundle.

    Attributes:
        fitted_on_frame: the pipeline, fitted on a DataFrame.
        fitted_on_array: the pipeline, fitted on the same numbers without column names. scikit-learn warns on each
            prediction if it gets an array and was fitted on a DataFrame, or the other way round.
        rows: the data.
        classes: the pipeline's predictions for them.
    """

    name: str
    fitted_on_frame: Path
    fitted_on_array: Path
    bundle: Path
    rows: Sequence[Row]
    classes: Sequence[float]

    def sample(self, count: int) -> LabelledRows:
        """Return `count` rows with their classes, repeating the data as needed."""
        return list(islice(cycle(self.rows), count)), list(islice(cycle(self.classes), count))


def logistic(folder: Path) -> Model:
    return _train("logistic", make_pipeline(StandardScaler(), LogisticRegression()), folder)


def forest(folder: Path) -> Model:
    return _train("forest", make_pipeline(RandomForestClassifier(100, random_state=0)), folder)


def slow(folder: Path, milliseconds: float) -> Model:
    """Make a model that returns its input after as many multiplications by the identity matrix as take this long."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    tried = ort.InferenceSession(_products(TRIED_MULTIPLICATIONS), options)
    seconds = min(timeit.repeat(lambda: tried.run(None, {"input": [[SLOW_X]]}), number=1, repeat=5))
    onnx = _products(max(1, round(TRIED_MULTIPLICATIONS * milliseconds / 1e3 / seconds)))
    name = f"{milliseconds:g} ms"
    task = Task("slow", "A slow model", "1.0.0", "regression", (Feature("x", "FP32"),), {"x": SLOW_X})
    bundle = save(folder / name, task, b"no pipeline: built by hand", onnx, {}, {}).folder
    return Model(name, Path(), Path(), bundle, [{"x": SLOW_X}], [SLOW_X])


def _products(count: int) -> bytes:
    constants = {
        "spread": np.ones((1, WIDTH), np.float32),
        "identity": np.eye(WIDTH, dtype=np.float32),
        "mean": np.full((WIDTH, 1), 1 / WIDTH, np.float32),
        "count": np.array(count, np.int64),
        "always": np.array(True),
    }
    number = helper.make_tensor_value_info("number", TensorProto.INT64, [])
    goes_on, still = (helper.make_tensor_value_info(name, TensorProto.BOOL, []) for name in ("goes_on", "still"))
    before, after = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, WIDTH]) for name in ("row", "product")
    )
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["goes_on"], ["still"]),
            helper.make_node("MatMul", ["row", "identity"], ["product"]),
        ],
        "body",
        [number, goes_on, before],
        [still, after],
    )
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["input", "spread"], ["first"]),
            helper.make_node("Loop", ["count", "always", "first"], ["last"], body=body),
            helper.make_node("MatMul", ["last", "mean"], ["prediction"]),
        ],
        "slow",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [None, 1])],
        [helper.make_tensor_value_info("prediction", TensorProto.FLOAT, [None, 1])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    opset = helper.make_opsetid("", 17)
    model: bytes = helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString()
    return model


def _train(name: str, pipeline: Pipeline, folder: Path) -> Model:
    rows, target = wisconsin.load()
    data, on_frame, on_array = (folder / f"{name}.{end}" for end in ("csv", "frame.joblib", "array.joblib"))
    rows.to_csv(data, index=False)
    joblib.dump(pipeline.fit(rows.to_numpy(), target), on_array)
    joblib.dump(pipeline.fit(rows, target), on_frame)
    bundle = bring.bundle(BundleRequest(on_frame, data, name, folder / name, labels=("B", "M")))
    records = [dict(zip(rows.columns, values, strict=True)) for values in rows.to_numpy().tolist()]
    return Model(name, on_frame, on_array, bundle.folder, records, pipeline.predict(rows).tolist())

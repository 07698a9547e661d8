"""Serve a bundle as KServe's documentation does: a plain kserve.Model on the default ModelServer.

Under the name "sign" V2 requests are read by `as_numpy`, under "table" by KServe's own `get_predict_input`.
"""

import os
import sys
from typing import Any

import kserve
import numpy as np
import onnxruntime
import pandas as pd
from kserve import InferOutput, InferRequest, InferResponse
from kserve.utils.utils import generate_uuid, get_predict_input

from model.bundle import Bundle, load


class PlainModel(kserve.Model):  # type: ignore[misc]
    def __init__(self, name: str, bundle: Bundle) -> None:
        super().__init__(name)
        self.bundle = bundle

    def load(self) -> bool:
        self.session = onnxruntime.InferenceSession(self.bundle.onnx, providers=["CPUExecutionProvider"])
        self.ready = True
        return True

    def predict(self, payload: Any, _headers: Any = None, _response_headers: Any = None) -> Any:
        if not isinstance(payload, InferRequest):
            labels, _ = self.session.run(None, {"input": np.array(payload["instances"], np.float32)})
            return {"predictions": labels.tolist()}
        labels, probabilities = self.session.run(None, {"input": self.rows(payload)})
        if payload.from_grpc:  # KServe fails on arrays there if the inputs were raw
            return self._response(payload, labels.tolist(), probabilities.ravel().tolist())
        return self._response(payload, labels, probabilities)

    def _response(self, payload: InferRequest, labels: Any, probabilities: Any) -> InferResponse:
        rows = len(labels)
        return InferResponse(
            # KServe's own servers do the same in get_predict_response.
            response_id=payload.id or generate_uuid(),
            model_name=self.name,
            model_version=self.bundle.task.version,
            infer_outputs=[
                InferOutput("prediction", [rows], "INT64", labels),
                InferOutput("probabilities", [rows, 2], "FP32", probabilities),
            ],
            use_binary_outputs=payload.use_binary_outputs,
            requested_outputs=payload.request_outputs,
        )

    def rows(self, request: InferRequest) -> Any:
        return request.inputs[0].as_numpy()

    def get_input_types(self) -> list[dict[str, Any]]:
        return [{"name": "input", "datatype": "FP32", "shape": [-1, len(self.bundle.task.features)]}]

    def get_output_types(self) -> list[dict[str, Any]]:
        return [
            {"name": "prediction", "datatype": "INT64", "shape": [-1]},
            {"name": "probabilities", "datatype": "FP32", "shape": [-1, len(self.bundle.task.classes)]},
        ]


class TableModel(PlainModel):
    def rows(self, request: InferRequest) -> Any:
        """Return the rows as a scikit-learn pipeline of these columns takes them."""
        table = get_predict_input(request)
        if isinstance(table, pd.DataFrame):
            table = table[list(self.bundle.task.names)].to_numpy()
        return table.astype(np.float32)


if __name__ == "__main__":
    folder, port, grpc_port = os.environ["MODEL_PATH"], int(os.environ["PORT"]), int(os.environ["GRPC_PORT"])
    models = [PlainModel("sign", load(folder)), TableModel("table", load(folder))]
    for model in models:
        model.load()
    sys.argv = sys.argv[:1]
    kserve.ModelServer(http_port=port, grpc_port=grpc_port).start(models)

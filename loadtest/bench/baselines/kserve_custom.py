"""A pipeline in a KServe custom model, with the helpers of KServe's own scikit-learn server and its defaults.

MODEL=pipeline.joblib python -m loadtest.bench.baselines.kserve_custom --model_name=model --http_port=8080
"""

import os
from typing import Any

import joblib
from kserve import Model, ModelServer, model_server
from kserve.utils.utils import get_predict_input, get_predict_response


class Pipeline(Model):  # type: ignore[misc]
    def load(self) -> bool:
        self.pipeline = joblib.load(os.environ["MODEL"])
        self.ready = True
        return True

    def predict(self, payload: Any, headers: dict[str, str] | None = None) -> Any:  # noqa: ARG002 (KServe calls it with both)
        return get_predict_response(payload, self.pipeline.predict(get_predict_input(payload)), self.name)


if __name__ == "__main__":
    model = Pipeline(model_server.args.model_name)
    model.load()
    ModelServer().start([model])

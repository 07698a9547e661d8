"""Predict with the client that openapi-python-client makes: with_openapi_python_client.py URL BODIES."""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

models: Any = import_module("client.models")  # its package, in the current folder

CALLS = {
    "row": ("breast_model.predict_breast_model", models.BreastModelRow),
    "rows": ("breast_model.predict_batch_breast_model", models.BreastModelRows),
    "row_v1": ("breast_model.predict_v1_breast_model", models.BreastModelRows),
    "rows_v1": ("breast_model.predict_v1_breast_model", models.BreastModelRows),
    "row_v2": ("breast_model.infer_breast_model", models.InferRequest),
    "rows_v2": ("breast_model.infer_version_breast_model", models.InferRequest),
    "picture": ("digits.predict_digits", models.PictureFile),
    "pictures": ("digits.predict_batch_digits", models.PictureBatch),
    "picture_v1": ("digits.predict_v1_digits", models.Pictures),
    "pictures_v1": ("digits.predict_v1_digits", models.Pictures),
    "picture_v2": ("digits.infer_digits", models.InferRequest),
    "pictures_v2": ("digits.infer_version_digits", models.InferRequest),
}


def main(url: str, bodies: dict[str, Any]) -> None:
    client = import_module("client").Client(base_url=url, raise_on_unexpected_status=True)
    answers = {
        name: import_module(f"client.api.{operation}").sync(client=client, body=kind.from_dict(bodies[name]))
        for name, (operation, kind) in CALLS.items()
    }
    print(json.dumps({name: answer.to_dict() for name, answer in answers.items()}))


main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text()))

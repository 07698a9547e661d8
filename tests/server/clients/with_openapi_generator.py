"""Predict with the Python client that openapi-generator makes: with_openapi_generator.py URL BODIES."""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

client: Any = import_module("openapi_client")  # its package, in the current folder


def _batch(body: str) -> Any:
    """Build what PictureBatch.from_json cannot read: a list of pictures that each have one of several forms."""
    document = json.loads(body)
    pictures = [client.PictureBatchXAnyOfInner(picture) for picture in document["x"]]
    return client.PictureBatch(x=client.PictureBatchX(pictures), probabilities=document["probabilities"])


def main(url: str, bodies: dict[str, Any]) -> None:
    api = client.ApiClient(client.Configuration(host=url))
    rows, pictures = client.BreastModelApi(api), client.DigitsApi(api)
    calls = {
        "row": (rows.predict_breast_model, client.BreastModelRow.from_json),
        "rows": (rows.predict_batch_breast_model, client.BreastModelRows.from_json),
        "row_v1": (rows.predict_v1_breast_model, client.BreastModelRows.from_json),
        "rows_v1": (rows.predict_v1_breast_model, client.BreastModelRows.from_json),
        "row_v2": (rows.infer_breast_model, client.InferRequest.from_json),
        "rows_v2": (rows.infer_version_breast_model, client.InferRequest.from_json),
        "picture": (pictures.predict_digits, client.PictureRequest.from_json),
        "pictures": (pictures.predict_batch_digits, _batch),
        "picture_v1": (pictures.predict_v1_digits, client.Pictures.from_json),
        "pictures_v1": (pictures.predict_v1_digits, client.Pictures.from_json),
        "picture_v2": (pictures.infer_digits, client.InferRequest.from_json),
        "pictures_v2": (pictures.infer_version_digits, client.InferRequest.from_json),
    }
    answers = {name: call(read(json.dumps(bodies[name]))) for name, (call, read) in calls.items()}
    print(json.dumps({name: json.loads(answer.to_json()) for name, answer in answers.items()}))


main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text()))

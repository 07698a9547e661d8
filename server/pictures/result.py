"""Classify pictures, and describe the result in JSON."""

import io
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from PIL import Image

from model.task import Picture, Task
from server.pictures.prepare import Items, PreparedBatch, prepare
from server.predictor import Predictor


@dataclass(frozen=True)
class Classification:
    """What a model says about the pictures of one request.

    Attributes:
        task: Of the model.
        pictures: The model's input, [n, height, width] or [n, height, width, channels].
        warnings: Sentences about each picture.
        predictions: The predicted classes, [n].
        probabilities: [n, classes].
        strangeness: The distance of each picture from the training data, [n]; None if the model does not compute it.
    """

    task: Task
    pictures: NDArray[np.float32]
    warnings: list[tuple[str, ...]]
    predictions: NDArray[Any]
    probabilities: NDArray[np.floating[Any]]
    strangeness: NDArray[np.floating[Any]] | None

    def to_dict(self, index: int, *, preview: bool = False) -> dict[str, Any]:
        """Return the answer for one picture, with the picture itself if `preview`."""
        task = self.task
        predicted = task.classes.index(self.predictions.item(index))
        probabilities = dict(zip(task.labels, self.probabilities[index], strict=True))
        answer: dict[str, Any] = {
            "label": task.labels[predicted],
            "prediction": task.classes[predicted],
            "probability": probabilities[task.labels[predicted]],
            "probabilities": probabilities,
            "warnings": self.warnings[index],
        }
        if preview:
            answer["seen"] = preview_url(self.pictures[index])
        return answer


def classify(predictor: Predictor, picture: Picture, items: Items) -> Classification:
    """Prepare and classify pictures. Raises ServingError."""
    return classify_prepared(predictor, picture, prepare(picture, items))


def classify_prepared(predictor: Predictor, picture: Picture, batch: PreparedBatch) -> Classification:
    """Classify pictures, and add a warning to those that look unlike the training data."""
    outputs = predictor.predict({"input": batch.pictures})
    warnings = list(batch.warnings)
    if outputs.strangeness is not None and picture.strange_above is not None:
        for index in np.flatnonzero(outputs.strangeness > picture.strange_above).tolist():
            warnings[index] = (*warnings[index], f"It does not look like {picture.subject}.")
    probabilities = np.asarray(outputs.probabilities)
    return Classification(
        predictor.task, batch.pictures, warnings, outputs.predictions, probabilities, outputs.strangeness
    )


def to_json(answer: object) -> bytes:
    """Encode an answer, a float32 in its shortest decimal form."""
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)


def preview_url(picture: NDArray[np.float32]) -> str:
    """Return the model's view of a picture, [height, width] or [height, width, channels], as a data: URL of a PNG."""
    file = io.BytesIO()
    Image.fromarray(np.rint(picture * 255).astype(np.uint8)).save(file, "PNG")
    return "data:image/png;base64," + b64encode(file.getvalue()).decode()

"""Encode the model's output as JSON: each row's class, label and probability, or its number."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import orjson

from model.task import Task
from server.json import arrays
from server.predictor import ModelOutput


class PredictionEncoder:
    """Encodes {"label": …, "prediction": …, "probability": …}, or {"prediction": …} for a regression."""

    def __init__(self, task: Task) -> None:
        self._positions: dict[Any, int] = {value: position for position, value in enumerate(task.classes)}
        # Everything but the probability depends on the class alone. The closing brace is cut off.
        self._beginnings = [
            orjson.dumps({"label": label, "prediction": value})[:-1]
            for label, value in zip(task.labels, task.classes, strict=True)
        ]

    def encode_one(self, output: ModelOutput) -> bytes:
        """Return the object of the first row."""
        if not self._beginnings:
            return b'{"prediction":' + _number(output.predictions[0]) + b"}"
        position = self._positions[output.predictions.item(0)]
        if output.probabilities is None:
            return self._beginnings[position] + b"}"
        return self._beginnings[position] + b',"probability":' + _number(output.probabilities[0, position]) + b"}"

    def encode_batch(self, output: ModelOutput) -> bytes:
        """Return {"predictions": [object, …]}."""
        return b'{"predictions":[' + b",".join(self._objects(output)) + b"]}"

    def _objects(self, output: ModelOutput) -> Iterable[bytes]:
        if not self._beginnings:
            return (b'{"prediction":' + number + b"}" for number in arrays.encode_each(output.predictions))
        positions = [self._positions[prediction] for prediction in output.predictions.tolist()]
        beginnings = [self._beginnings[position] for position in positions]
        if output.probabilities is None:
            return (beginning + b"}" for beginning in beginnings)
        probabilities = arrays.encode_each(output.probabilities[np.arange(len(positions)), positions])
        return (
            beginning + b',"probability":' + probability + b"}"
            for beginning, probability in zip(beginnings, probabilities, strict=True)
        )


def encode_v1(output: ModelOutput) -> bytes:
    """Return KServe's V1 form, {"predictions": [class or number, …]}."""
    return b'{"predictions":' + arrays.encode(output.predictions) + b"}"


def _number(value: np.generic) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)

"""ModelOutput of a model → the plain protocol's JSON: what a class is called, and how probable it is."""

from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np

from model.task import Task
from server.json import floats
from server.predictor import ModelOutput


class PredictionEncoder:
    """Writes {"label": …, "prediction": …, "probability": …}, or {"prediction": …} for a regression."""

    def __init__(self, task: Task) -> None:
        self._positions: dict[Any, int] = {value: position for position, value in enumerate(task.classes)}
        described = (
            {"label": label, "prediction": value} for label, value in zip(task.labels, task.classes, strict=True)
        )
        self._begun = [msgspec.json.encode(answer)[:-1] for answer in described]

    def one(self, answers: ModelOutput) -> bytes:
        """The first row's answer."""
        if not self._begun:
            return b'{"prediction":' + floats.single(answers.predictions[0]) + b"}"
        position = self._positions[answers.predictions.item(0)]
        if answers.probabilities is None:
            return self._begun[position] + b"}"
        return self._begun[position] + b',"probability":' + floats.single(answers.probabilities[0, position]) + b"}"

    def many(self, answers: ModelOutput) -> bytes:
        """{"predictions": [answer, …]}."""
        return b'{"predictions":[' + b",".join(self._each(answers)) + b"]}"

    def _each(self, answers: ModelOutput) -> Iterable[bytes]:
        if not self._begun:
            return (b'{"prediction":' + number + b"}" for number in floats.each(answers.predictions))
        positions = [self._positions[prediction] for prediction in answers.predictions.tolist()]
        begun = [self._begun[position] for position in positions]
        if answers.probabilities is None:
            return (answer + b"}" for answer in begun)
        answered = floats.each(answers.probabilities[np.arange(len(positions)), positions])
        return (answer + b',"probability":' + number + b"}" for answer, number in zip(begun, answered, strict=True))

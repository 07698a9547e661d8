"""Classify pictures, and describe the result in JSON."""

import io
from base64 import b64encode
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, TypeVar, cast

import numpy as np
import orjson
from numpy.typing import NDArray
from PIL import Image

from model.image.alarms import UNANSWERABLE, Alarm, is_inconclusive
from model.task import Picture, Task
from server import metrics
from server.pictures.prepare import Items, PreparedBatch, prepare
from server.predictor import Predictor
from server.tensors import ModelOutput

T = TypeVar("T")

INCONCLUSIVE = Alarm("inconclusive", "The model is not confident enough to give an answer.")

_NO_ANSWER: dict[str, Any] = dict.fromkeys(("label", "prediction", "probability", "probabilities"))


@dataclass(frozen=True)
class Classification:
    """What a model says about the pictures of one request.

    Attributes:
        task: Of the model.
        pictures: The model's input, [n, height, width] or [n, height, width, channels].
        notes: What was done to each picture, in sentences.
        alarms: Why not to trust the answer for each picture.
        predictions: The predicted classes, [n].
        probabilities: [n, classes].
        strangeness: The distance of each picture from the training data, [n]; None if the model does not compute it.
    """

    task: Task
    pictures: NDArray[np.float32]
    notes: list[tuple[str, ...]]
    alarms: list[tuple[Alarm, ...]]
    predictions: NDArray[Any]
    probabilities: NDArray[np.floating[Any]]
    strangeness: NDArray[np.floating[Any]] | None

    @property
    def warnings(self) -> list[tuple[str, ...]]:
        """The sentences of notes and alarms together, for each picture."""
        return list(map(self._warnings, range(len(self.alarms))))

    @property
    def label_notes(self) -> list[tuple[str, ...]]:
        """What always goes with the answer, for each picture."""
        picture = cast(Picture, self.task.picture)
        labels = [self.task.labels[self.task.classes.index(predicted)] for predicted in self.predictions.tolist()]
        return [
            (picture.label_notes[label],) if label in picture.label_notes and not self._is_unanswered(index) else ()
            for index, label in enumerate(labels)
        ]

    @property
    def unanswered(self) -> list[int]:
        """The indices of the pictures for which no class can be predicted."""
        return list(filter(self._is_unanswered, range(len(self.alarms))))

    def to_dict(self, index: int, *, preview: bool = False) -> dict[str, Any]:
        """Return the answer for one picture, with the picture itself if `preview`."""
        answer = _NO_ANSWER if self._is_unanswered(index) else self._predicted(index)
        answer = answer | {
            "notes": self.notes[index],
            "alarms": [alarm._asdict() for alarm in self.alarms[index]],
            "warnings": self._warnings(index),
        }
        if preview:
            answer["seen"] = preview_url(self.pictures[index])
        return answer

    def _warnings(self, index: int) -> tuple[str, ...]:
        return (*self.notes[index], *(alarm.sentence for alarm in self.alarms[index]))

    def _is_unanswered(self, index: int) -> bool:
        return any(alarm.reason in UNANSWERABLE for alarm in self.alarms[index])

    def _predicted(self, index: int) -> dict[str, Any]:
        task = self.task
        predicted = task.classes.index(self.predictions.item(index))
        probabilities = dict(zip(task.labels, self.probabilities[index], strict=True))
        return {
            "label": task.labels[predicted],
            "prediction": task.classes[predicted],
            "probability": probabilities[task.labels[predicted]],
            "probabilities": probabilities,
        }


def classify(predictor: Predictor, picture: Picture, items: Items) -> Classification:
    """Prepare and classify pictures. Raises ServingError."""
    return classify_prepared(predictor, picture, prepare(picture, items))


def classify_prepared(predictor: Predictor, picture: Picture, batch: PreparedBatch) -> Classification:
    """Classify pictures, and raise an alarm for those whose answer is not to be trusted."""
    outputs = predictor.predict({"input": batch.pictures})
    alarms = list(map(_joined, batch.alarms, _alarms(predictor.task, picture, outputs)))
    for alarm in chain.from_iterable(alarms):
        metrics.ALARMS.labels(predictor.name, alarm.reason).inc()
    probabilities = np.asarray(outputs.probabilities)
    found = Classification(
        predictor.task, batch.pictures, batch.notes, alarms, outputs.predictions, probabilities, outputs.strangeness
    )
    return replace(found, notes=list(map(_joined, batch.notes, found.label_notes))) if picture.label_notes else found


def _alarms(task: Task, picture: Picture, outputs: ModelOutput) -> list[tuple[Alarm, ...]]:
    """Return the alarms that follow from the model's outputs, for each picture."""
    alarms: list[tuple[Alarm, ...]] = [()] * len(outputs.predictions)
    if outputs.strangeness is None or picture.strange_above is None:
        return alarms
    unfamiliar = Alarm("unfamiliar", f"It does not look like {picture.subject}.")
    for index in np.flatnonzero(outputs.strangeness > picture.strange_above).tolist():
        alarms[index] = (unfamiliar,)
    if picture.abstention:
        places = np.array([task.classes.index(predicted) for predicted in outputs.predictions.tolist()])
        strangeness = outputs.strangeness / picture.strange_above
        withheld = is_inconclusive(picture.abstention, places, np.asarray(outputs.probabilities), strangeness)
        for index in np.flatnonzero(withheld).tolist():
            alarms[index] = (*alarms[index], INCONCLUSIVE)
    return alarms


def _joined(first: tuple[T, ...], second: tuple[T, ...]) -> tuple[T, ...]:
    return (*first, *second)


def to_json(answer: object) -> bytes:
    """Encode an answer, a float32 in its shortest decimal form."""
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)


def preview_url(picture: NDArray[np.float32]) -> str:
    """Return the model's view of a picture, [height, width] or [height, width, channels], as a data: URL of a PNG."""
    file = io.BytesIO()
    Image.fromarray(np.rint(picture * 255).astype(np.uint8)).save(file, "PNG")
    return "data:image/png;base64," + b64encode(file.getvalue()).decode()

"""What a model makes of pictures, and the objects in which it is answered."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from model.task import Picture, Task
from server.pictures import prepare
from server.pictures.prepare import Items, Prepared
from server.pictures.seen import data_url
from server.predictor import Predictor


@dataclass(frozen=True)
class Judged:
    """pictures: what was judged; warnings: what is to be said of each; the rest: what the model answers."""

    task: Task
    pictures: NDArray[np.float32]
    warnings: list[tuple[str, ...]]
    predictions: NDArray[Any]
    probabilities: NDArray[np.floating[Any]]
    strangeness: NDArray[np.floating[Any]]

    def described(self, index: int, *, seen: bool = False) -> dict[str, Any]:
        """The answer on one picture, ready for JSON."""
        task = self.task
        place = task.classes.index(self.predictions.item(index))
        probabilities = self.by_label(index)
        answer: dict[str, Any] = {
            "label": task.labels[place],
            "prediction": task.classes[place],
            "probability": probabilities[task.labels[place]],
            "probabilities": probabilities,
            "warnings": self.warnings[index],
        }
        return answer | ({"seen": data_url(self.pictures[index])} if seen else {})

    def by_label(self, index: int) -> dict[str, Any]:
        return dict(zip(self.task.labels, self.probabilities[index], strict=True))


def judge(predictor: Predictor, picture: Picture, items: Items) -> Judged:
    """Raises ServingError."""
    taken = prepare.of(picture, items)
    return of_prepared(predictor, picture, taken)


def of_prepared(predictor: Predictor, picture: Picture, taken: Prepared) -> Judged:
    answers = predictor.predict({"input": taken.pictures})
    probabilities, strangeness = np.asarray(answers.probabilities), np.asarray(answers.strangeness)
    strange = (f"It does not look like {picture.subject}.",)
    warnings = [
        said + strange * (distance > picture.strange_above)
        for said, distance in zip(taken.warnings, strangeness.tolist(), strict=True)
    ]
    return Judged(predictor.task, taken.pictures, warnings, answers.predictions, probabilities, strangeness)


def written(answer: object) -> bytes:
    """JSON; a float32 in its shortest decimal form."""
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)

"""Checks of responses: each returns what is wrong in words, or None if nothing is.

The response to a row must have the row's known label. The response to a picture must be well formed and have one of
the model's labels, or none and an alarm that says why. The same picture must get the same throughout a run: whether a
label is correct is checked by the model's own tests.
"""

from collections.abc import Callable, Sequence
from typing import Any

# Takes a decoded JSON body; for one of an entirely different form it may raise KeyError or TypeError.
Check = Callable[[Any], str | None]
ROUNDING = 1e-3  # by which the sum of single-precision probabilities may differ from 1


class AnswerChecker:
    """Checks predictions of one model, and remembers the first label of each picture."""

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        self.first_labels: dict[str, str | None] = {}

    def row(self, prediction: Any, label: str) -> str | None:
        """Check the prediction for a row whose label is known."""
        if not isinstance(prediction, dict):
            return "the prediction is not an object"
        if prediction.get("label") != label:
            return f"label {prediction.get('label')!r:.20} for a row that is {label!r}"
        if label not in self.labels:
            return f"label {label!r:.20} is not one of the model's"
        return self._class(prediction, label) or _probability("probability", prediction.get("probability"))

    def rows(self, predictions: Any, labels: Sequence[str]) -> str | None:
        if not isinstance(predictions, list) or len(predictions) != len(labels):
            return f"not {len(labels)} predictions"
        return next(filter(None, map(self.row, predictions, labels)), None)

    def cost(self, prediction: Any, place: int) -> str | None:
        """Check the cost of the row at that place: it has at most two decimals and is always the same."""
        found = prediction.get("cost") if isinstance(prediction, dict) else None
        if not isinstance(found, float | int) or isinstance(found, bool) or found != round(found, 2):
            return f"cost {found!r:.20} is not a number of two decimals"
        return self._same_as_before(f"row {place}", str(found))

    def costs(self, predictions: Any, places: Sequence[int]) -> str | None:
        if not isinstance(predictions, list) or len(predictions) != len(places):
            return f"not {len(places)} predictions"
        return next(filter(None, map(self.cost, predictions, places)), None)

    def picture(self, prediction: Any, name: str) -> str | None:
        """Check the prediction for the picture file of that name."""
        if not isinstance(prediction, dict):
            return "the prediction is not an object"
        label = prediction.get("label")
        if label is None and prediction.get("alarms"):
            if any(prediction.get(name) is not None for name in ("prediction", "probability", "probabilities")):
                return "a prediction without a label"
            return self._same_as_before(name, None)
        if label not in self.labels:
            return f"label {label!r:.20} is not one of the model's"
        return (
            self._class(prediction, label)
            or self._probabilities(prediction, label)
            or self._same_as_before(name, label)
        )

    def classes(self, classes: Any, names: Sequence[str]) -> str | None:
        """Check the classes of a batch of pictures of those names, sent as arrays."""
        if not isinstance(classes, list) or len(classes) != len(names):
            return f"not {len(names)} predictions"
        for found, name in zip(classes, names, strict=True):
            if found is None:
                if fault := self._same_as_before(name, None):
                    return fault
                continue
            if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < len(self.labels):
                return f"prediction {found!r:.20} is not one of the model's"
            if fault := self._same_as_before(name, self.labels[found]):
                return fault
        return None

    def _same_as_before(self, name: str, label: str | None) -> str | None:
        first = self.first_labels.setdefault(name, label)
        return None if label == first else f"label {label!r} for {name}, which was {first!r} before"

    def _class(self, prediction: Any, label: str) -> str | None:
        found = prediction.get("prediction")
        if found != self.labels.index(label) or isinstance(found, bool):
            return f"prediction {found!r:.20} does not belong to label {label!r}"
        return None

    def _probabilities(self, prediction: Any, label: str) -> str | None:
        probabilities = prediction.get("probabilities")
        if not isinstance(probabilities, dict) or tuple(probabilities) != self.labels:
            return "the probabilities are not those of the model's labels"
        faults = (_probability(f"probability of {name}", value) for name, value in probabilities.items())
        if fault := next(filter(None, faults), None):
            return fault
        if abs(sum(probabilities.values()) - 1) > ROUNDING:
            return f"the probabilities add up to {sum(probabilities.values()):.3f}"
        if prediction.get("probability") != probabilities[label] or probabilities[label] < max(probabilities.values()):
            return "the probability is not that of the label, or not the highest"
        return None


def _probability(name: str, value: Any) -> str | None:
    if not isinstance(value, float | int) or isinstance(value, bool) or not 0 <= value <= 1:
        return f"{name} {value!r:.20} is not between 0 and 1"
    return None

"""What is wrong with an answer, in words; None when nothing is. Pure.

An answer to a row must have the row's known label. One to a picture must be of that model and well formed, and the
same picture must have the same label throughout a run: which label is the business of the model's own tests.
"""

from collections.abc import Callable, Sequence
from typing import Any

Check = Callable[[Any], str | None]
"""Of a body read as JSON. One that has another form altogether may raise KeyError or TypeError."""

PREDICTION = {"B": 0, "M": 1}
LABELS = {
    "digits": tuple("0123456789"),
    "brain_mri": ("glioma", "meningioma", "no tumour", "pituitary tumour"),
}
ROUNDING = 1e-3  # by which single-precision probabilities may miss their sum


def row(answer: Any, label: str) -> str | None:
    """The answer to a row whose label is known."""
    if not isinstance(answer, dict):
        return "an answer is not an object"
    if answer.get("label") != label:
        return f"label {answer.get('label')!r:.20} for a row that is {label!r}"
    return _class(answer, PREDICTION[label]) or _share("probability", answer.get("probability"))


def rows(answers: Any, labels: Sequence[str]) -> str | None:
    if not isinstance(answers, list) or len(answers) != len(labels):
        return f"not {len(labels)} predictions"
    return next(filter(None, map(row, answers, labels)), None)


class Witness:
    """Knows one model's labels, and remembers which of them each picture got first."""

    def __init__(self, model: str) -> None:
        self.labels = LABELS[model]
        self.first: dict[str, str] = {}

    def picture(self, answer: Any, name: str) -> str | None:
        """The answer of POST /predict/NAME to the picture of that name."""
        if not isinstance(answer, dict):
            return "an answer is not an object"
        label = answer.get("label")
        if label not in self.labels:
            return f"label {label!r:.20} is none of this model's"
        return (
            _class(answer, self.labels.index(label)) or self._probabilities(answer, label) or self._again(name, label)
        )

    def classes(self, answers: Any, names: Sequence[str]) -> str | None:
        """The classes of POST /predict/NAME/batch, of pictures of those names."""
        if not isinstance(answers, list) or len(answers) != len(names):
            return f"not {len(names)} predictions"
        for found, name in zip(answers, names, strict=True):
            if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < len(self.labels):
                return f"prediction {found!r:.20} is none of this model's"
            if fault := self._again(name, self.labels[found]):
                return fault
        return None

    def _again(self, name: str, label: str) -> str | None:
        first = self.first.setdefault(name, label)
        return None if label == first else f"label {label!r} for {name}, which was {first!r} before"

    def _probabilities(self, answer: Any, label: str) -> str | None:
        shares = answer.get("probabilities")
        if not isinstance(shares, dict) or tuple(shares) != self.labels:
            return "the probabilities are not those of this model's labels"
        if fault := next(filter(None, (_share(f"probability of {one}", share) for one, share in shares.items())), None):
            return fault
        if abs(sum(shares.values()) - 1) > ROUNDING:
            return f"the probabilities add up to {sum(shares.values()):.3f}"
        if answer.get("probability") != shares[label] or shares[label] < max(shares.values()):
            return "the probability is not that of the label, or not the greatest"
        return None


def _class(answer: Any, prediction: int) -> str | None:
    found = answer.get("prediction")
    if found != prediction or isinstance(found, bool):
        return f"prediction {found!r:.20} does not go with label {answer['label']!r}"
    return None


def _share(name: str, value: Any) -> str | None:
    if not isinstance(value, float | int) or isinstance(value, bool) or not 0 <= value <= 1:
        return f"{name} {value!r:.20} is not between 0 and 1"
    return None

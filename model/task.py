"""The description of a model: what it takes and what it predicts.

The ONNX graph of a model has these tensors:

* input of a picture model: ``input``, FP32, 0 (black) to 1 (white), of shape [-1, height, width], or if it takes
  several channels [-1, height, width, channels];
* input of a model for rows: if all features are numbers, ``input`` of shape [-1, number of features];
  otherwise one tensor per feature, with the feature's name, of shape [-1, 1];
* output of a classification: ``label`` of shape [-1], int64 or string, one of ``Task.classes``; and, if the
  model has them, ``probabilities`` of shape [-1, number of classes], in the order of ``Task.classes``;
* output of a regression: ``prediction`` of shape [-1, 1] or [-1], or [-1, number of targets] if there are several;
* another output of a picture model, unless its ``Picture.strange_above`` is None: ``strangeness`` of shape [-1], its
  out-of-distribution score: how far the picture is from the training pictures.

A pipeline that scikit-learn runs takes the same inputs. Its outputs are named ``prediction``, ``probabilities`` and
``score``, the last of shape [-1]: how normal each row is, of a detector of outliers.

A missing value is NaN for a number and MISSING_TEXT for a string.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from model.inputs import Abstention, Feature, Picture, Resize
from model.number import Number

__all__ = ["MISSING_TEXT", "Abstention", "Feature", "Number", "Picture", "Resize", "Task", "check_name"]

MISSING_TEXT = ""

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_OTHER_PATHS = frozenset(("batch", "img"))  # /predict/NAME is another path


def check_name(name: str) -> None:
    """Raise ValueError if no model can have this name in URLs and file names."""
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} is not a valid name for a model. Use 1 to 63 letters, digits, '.', '_' or '-'; "
            "begin and end with a letter or digit."
        )
    if name in _OTHER_PATHS:
        raise ValueError(f"A model cannot be named {name!r}: /predict/{name} is a path of its own.")


@dataclasses.dataclass(frozen=True)
class Task:
    """What a model takes and predicts. A contradiction raises a ValueError.

    A model takes either rows of features or pictures; for pictures it has no features and no example.
    """

    name: str  # used in URLs and file names
    title: str
    version: str
    kind: Literal["classification", "regression"]
    features: tuple[Feature, ...]  # in the order in which the model takes them
    example: Mapping[str, bool | float | str]  # a row that a client could send; it may lack optional features
    classes: tuple[int | str, ...] = ()  # what the model predicts, in the order of its probabilities
    labels: tuple[str, ...] = ()  # how each class is shown to people
    targets: tuple[str, ...] = ()  # the names of the numbers that a regression of several predicts
    picture: Picture | None = None
    number: Number | None = None  # how a regression of one number states it; None states it as it is, as "prediction"

    def __post_init__(self) -> None:
        check_name(self.name)
        self._check_features()
        self._check_classes()
        self._check_example()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    @property
    def numeric(self) -> bool:
        """Whether all features are numbers, so that they form one tensor."""
        return all(feature.is_number for feature in self.features)

    def to_dict(self) -> dict[str, Any]:
        """Return the task as lists, dictionaries and plain values, ready for JSON."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Task:
        """Return the task that `to_dict` wrote; a wrong type and a missing or unknown key raise a ValueError."""
        _refuse_unknown_keys(data, cls, "The task")
        picture = data.get("picture")
        if picture is not None:
            _refuse_unknown_keys(picture, Picture, "The picture")
            if "input" not in picture:  # bundles written before the field existed: only digits were drawn
                drawn = picture.get("transform") == "digit"
                data = {**data, "picture": {**picture, "input": "draw" if drawn else "upload"}}
            if picture.get("resize") is not None:
                _refuse_unknown_keys(picture["resize"], Resize, "The resizing of pictures")
            if picture.get("abstention") is not None:
                _refuse_unknown_keys(picture["abstention"], Abstention, "The abstention")
        if data.get("number") is not None:
            _refuse_unknown_keys(data["number"], Number, "The number")
        features = data.get("features", [])
        if not isinstance(features, list | tuple):
            raise ValueError("The task has no list of features.")  # noqa: TRY004 (one kind of error for all)
        for feature in features:
            _refuse_unknown_keys(feature, Feature, "A feature")
        try:
            return msgspec.convert(dict(data), cls)
        except msgspec.ValidationError as error:
            raise ValueError(f"The task is invalid: {error}") from error

    def _check_features(self) -> None:
        if self.picture is not None:
            if self.features or self.kind != "classification":
                raise ValueError(
                    f"Task {self.name!r} takes pictures, so it must have no features and be a classification."
                )
            return
        if not self.features:
            raise ValueError(f"Task {self.name!r} has no features.")
        if (repeated := _repeated(self.names)) is not None:
            raise ValueError(f"Task {self.name!r} has more than one feature called {repeated!r}.")
        if self.numeric and len({feature.datatype for feature in self.features}) > 1:
            raise ValueError(f"Task {self.name!r} mixes FP32 and FP64, but its features form one tensor.")

    def _check_classes(self) -> None:
        if self.kind == "regression" and (self.classes or self.labels):
            raise ValueError(f"Task {self.name!r} is a regression, so it must have no classes or labels.")
        if self.kind == "classification" and len(self.classes) < 2:  # noqa: PLR2004 (one class is not a choice)
            raise ValueError(f"Task {self.name!r} is a classification with fewer than two classes.")
        if len({type(value) for value in self.classes}) > 1:
            raise ValueError(f"Task {self.name!r} mixes numbers and strings among its classes.")
        if self.targets and (self.kind == "classification" or len(self.targets) < 2):  # noqa: PLR2004 (several)
            raise ValueError(f"Task {self.name!r} has targets, but is not a regression of several.")
        if self.number and (self.kind == "classification" or self.targets):
            raise ValueError(f"Task {self.name!r} names its number, but is not a regression of one.")
        if len(self.labels) != len(self.classes):
            raise ValueError(f"Task {self.name!r} has {len(self.classes)} classes but {len(self.labels)} labels.")
        for values in (self.classes, self.labels, self.targets):
            if (repeated := _repeated(values)) is not None:
                raise ValueError(f"Task {self.name!r} has the class, label or target {repeated!r} more than once.")
        if self.picture is not None:
            self._check_picture(self.picture)

    def _check_picture(self, picture: Picture) -> None:
        if picture.abstention and len(picture.abstention.limits) != len(self.classes):
            raise ValueError(f"Task {self.name!r} must have a limit of its abstention for each class.")
        if unknown := sorted(picture.label_notes.keys() - set(self.labels)):
            raise ValueError(f"Task {self.name!r} has a note on {unknown[0]!r}, which is not one of its labels.")

    def _check_example(self) -> None:
        known = {feature.name: feature for feature in self.features}
        for name in self.example:
            if name not in known:
                raise ValueError(f"The example of task {self.name!r} has {name!r}, which is not a feature.")
        for name, feature in known.items():
            value = self.example.get(name)
            if value is None and not feature.optional:
                raise ValueError(f"The example of task {self.name!r} lacks {name!r}.")
            if value is not None and isinstance(value, str) == feature.is_number:
                raise ValueError(f"The example of task {self.name!r} has the wrong type for {name!r}.")
            if value is not None and feature.closed and value not in feature.categories:
                raise ValueError(
                    f"The example of task {self.name!r} has {value!r} for {name!r}, which is not one of its categories."
                )
            if isinstance(value, bool) and not feature.boolean:
                raise ValueError(f"The example of task {self.name!r} has a boolean for {name!r}.")
            if value is not None and feature.only_numbers and value not in feature.only_numbers:
                raise ValueError(
                    f"The example of task {self.name!r} has {value} for {name!r}, which is not one of its numbers."
                )
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"The example of task {self.name!r} has {value} for {name!r}.")


def picture_task(name: str, title: str, labels: tuple[str, ...], picture: Picture, version: str = "1.0.0") -> Task:
    """Return the task of a picture model whose classes are the indices of its labels. Raises ValueError."""
    classes = tuple(range(len(labels)))
    return Task(name, title, version, "classification", (), {}, classes, labels, picture=picture)


def _refuse_unknown_keys(data: Any, described: type, subject: str) -> None:
    if not isinstance(data, Mapping):
        raise ValueError(f"{subject} is not a JSON object.")  # noqa: TRY004 (one kind of error for all)
    known = {field.name for field in dataclasses.fields(described)}
    if unknown := sorted(str(key) for key in data if key not in known):
        raise ValueError(f"{subject} has an unknown key {unknown[0]!r}.")


def _repeated(values: tuple[Any, ...]) -> Any:
    counts = Counter(values)
    return next((value for value in values if counts[value] > 1), None)

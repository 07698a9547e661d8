"""The frozen description of a model: what a row is, and what the answer is called.

An ONNX graph made for a task has these tensors:

* inputs of a picture: one tensor ``input`` of shape [-1, height, width], FP32, 0 (black) to 1 (white);
* inputs of a row: when every feature is a number, one tensor ``input`` of shape [-1, number of features];
  otherwise one tensor per feature, named as the feature, of shape [-1, 1];
* classification: ``label`` of shape [-1], int64 or string, one of ``Task.classes``; and, where the model
  has them, ``probabilities`` of shape [-1, number of classes], in the order of ``Task.classes``;
* regression: ``prediction`` of shape [-1, 1] or [-1];
* a picture's besides: ``strangeness`` of shape [-1], how far it is from what the model was trained on.

A missing value is NaN for a number and MISSING_TEXT for a string.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

MISSING_TEXT = ""

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


@dataclasses.dataclass(frozen=True)
class Feature:
    """One input of a model, in the terms of the V2 protocol: FP32 and FP64 are numbers, BYTES a string."""

    name: str
    datatype: Literal["FP32", "FP64", "BYTES"]
    unit: str = ""
    description: str = ""
    minimum: float | None = None  # smallest and largest value seen in training
    maximum: float | None = None
    categories: tuple[str, ...] = ()  # the strings seen in training
    closed: bool = False  # the model knows no other string than the categories
    optional: bool = False  # null or absent is a missing value that the model knows how to treat

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("A feature has an empty name.")
        if self.datatype == "BYTES" and (self.minimum is not None or self.maximum is not None):
            raise ValueError(f"Feature {self.name!r} is a string, so it has no minimum or maximum.")
        if self.datatype != "BYTES" and self.categories:
            raise ValueError(f"Feature {self.name!r} is a number, so it has no categories.")
        if self.closed and not self.categories:
            raise ValueError(f"Feature {self.name!r} is closed, but has no categories.")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"Feature {self.name!r} has a minimum above its maximum.")

    @property
    def is_number(self) -> bool:
        return self.datatype != "BYTES"


@dataclasses.dataclass(frozen=True)
class Picture:
    """The picture that a model takes.

    Attributes:
        transform: How any picture is brought into the form that the graph takes; see model/image/transforms.py.
        height: Height of the graph's input in pixels.
        width: Width of the graph's input in pixels.
        subject: What the picture should show, for use in sentences: "a handwritten digit".
        strange_above: The strangeness above which a picture does not look like the subject.
        input: How a person gives the model a picture: by drawing it or by uploading a file.
        caution: A sentence to show next to every prediction; empty if there is none.
    """

    transform: Literal["digit", "scan"]
    height: int
    width: int
    subject: str
    strange_above: float
    input: Literal["draw", "upload"] = "upload"
    caution: str = ""

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise ValueError(f"A picture of {self.height} × {self.width} pixels shows nothing.")


@dataclasses.dataclass(frozen=True)
class Task:
    """What a model is asked and what it answers; a contradiction is a ValueError with a sentence.

    A model takes rows of features, or pictures: then it has no features and no example.
    The example gives every feature that must be sent; it may lack optional ones, as a row of a client may.
    """

    name: str  # stands in URLs and file names
    title: str
    version: str
    kind: Literal["classification", "regression"]
    features: tuple[Feature, ...]  # in the order in which the model takes them
    example: Mapping[str, float | str]  # a row that can be sent as it stands
    classes: tuple[int | str, ...] = ()  # what the model answers, in the order of its probabilities
    labels: tuple[str, ...] = ()  # how each class is shown
    picture: Picture | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"{self.name!r} cannot name a model: use 1 to 63 letters, digits, '.', '_' or '-', "
                "beginning and ending with a letter or digit."
            )
        self._check_features()
        self._check_classes()
        self._check_example()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    @property
    def numeric(self) -> bool:
        """Whether all features are numbers, and so travel as one tensor."""
        return all(feature.is_number for feature in self.features)

    def to_dict(self) -> dict[str, Any]:
        """Sequences, dictionaries and plain values only: ready for JSON."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Task:
        """The task that `to_dict` wrote; a misfit (type, missing or unknown key) is a ValueError."""
        _refuse_unknown_keys(data, cls, "The task")
        picture = data.get("picture")
        if picture is not None:
            _refuse_unknown_keys(picture, Picture, "The picture")
            if "input" not in picture:  # bundles written before the field existed: only digits were drawn
                drawn = picture.get("transform") == "digit"
                data = {**data, "picture": {**picture, "input": "draw" if drawn else "upload"}}
        features = data.get("features", [])
        if not isinstance(features, list | tuple):
            raise ValueError("The task has no list of features.")  # noqa: TRY004 (one kind of error for a misfit)
        for feature in features:
            _refuse_unknown_keys(feature, Feature, "A feature")
        try:
            return msgspec.convert(dict(data), cls)
        except msgspec.ValidationError as error:
            raise ValueError(f"The task does not read as one: {error}") from error

    def _check_features(self) -> None:
        if self.picture is not None:
            if self.features or self.kind != "classification":
                raise ValueError(f"Task {self.name!r} takes pictures, so it has no features, and it classifies.")
            return
        if not self.features:
            raise ValueError(f"Task {self.name!r} has no features.")
        if (repeated := _repeated(self.names)) is not None:
            raise ValueError(f"Task {self.name!r} has more than one feature called {repeated!r}.")
        if self.numeric and len({feature.datatype for feature in self.features}) > 1:
            raise ValueError(f"Task {self.name!r} mixes FP32 and FP64, but its features share one tensor.")

    def _check_classes(self) -> None:
        if self.kind == "regression" and (self.classes or self.labels):
            raise ValueError(f"Task {self.name!r} is a regression, so it has no classes or labels.")
        if self.kind == "classification" and len(self.classes) < 2:  # noqa: PLR2004 (one class is no choice)
            raise ValueError(f"Task {self.name!r} is a classification with fewer than two classes.")
        if len({type(value) for value in self.classes}) > 1:
            raise ValueError(f"Task {self.name!r} mixes numbers and strings among its classes.")
        if len(self.labels) != len(self.classes):
            raise ValueError(f"Task {self.name!r} has {len(self.classes)} classes but {len(self.labels)} labels.")
        for values in (self.classes, self.labels):
            if (repeated := _repeated(values)) is not None:
                raise ValueError(f"Task {self.name!r} has the class or label {repeated!r} more than once.")

    def _check_example(self) -> None:
        known = {feature.name: feature for feature in self.features}
        for name in self.example:
            if name not in known:
                raise ValueError(f"The example of task {self.name!r} has {name!r}, which is no feature.")
        for name, feature in known.items():
            value = self.example.get(name)
            if value is None and not feature.optional:
                raise ValueError(f"The example of task {self.name!r} lacks {name!r}.")
            if value is not None and isinstance(value, str) == feature.is_number:
                raise ValueError(f"The example of task {self.name!r} has the wrong type for {name!r}.")
            if value is not None and feature.closed and value not in feature.categories:
                raise ValueError(f"The example of task {self.name!r} has {value!r} for {name!r}, no category of it.")
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"The example of task {self.name!r} has {value} for {name!r}.")


def _refuse_unknown_keys(data: Any, described: type, subject: str) -> None:
    if not isinstance(data, Mapping):
        raise ValueError(f"{subject} is not a JSON object.")  # noqa: TRY004 (one kind of error for a misfit)
    known = {field.name for field in dataclasses.fields(described)}
    if unknown := sorted(str(key) for key in data if key not in known):
        raise ValueError(f"{subject} has an unknown key {unknown[0]!r}.")


def _repeated(values: tuple[Any, ...]) -> Any:
    return next((value for index, value in enumerate(values) if value in values[:index]), None)

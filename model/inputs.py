"""What a model takes: the features of a row, or a picture."""

from __future__ import annotations

import dataclasses
from typing import Literal


@dataclasses.dataclass(frozen=True)
class Feature:
    """One input of a model. The datatypes are those of the V2 protocol: FP32 and FP64 are numbers, BYTES a string."""

    name: str
    datatype: Literal["FP32", "FP64", "BYTES"]
    unit: str = ""
    description: str = ""
    minimum: float | None = None  # smallest and largest value seen in training
    maximum: float | None = None
    categories: tuple[str, ...] = ()  # the strings seen in training
    closed: bool = False  # the model accepts no string but the categories
    boolean: bool = False  # a number that is 0 or 1, and may be sent as false or true
    codes: tuple[float, ...] = ()  # the only numbers that the model accepts; empty if it accepts any
    optional: bool = False  # it may be null or absent: the model can handle a missing value

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("A feature has an empty name.")
        if self.datatype == "BYTES" and (self.minimum is not None or self.maximum is not None):
            raise ValueError(f"Feature {self.name!r} is a string, so it has no minimum or maximum.")
        if self.datatype != "BYTES" and self.categories:
            raise ValueError(f"Feature {self.name!r} is a number, so it has no categories.")
        if self.closed and not self.categories:
            raise ValueError(f"Feature {self.name!r} is closed, but has no categories.")
        if self.datatype == "BYTES" and (self.boolean or self.codes):
            raise ValueError(f"Feature {self.name!r} is a string, so it is not boolean and has no codes.")
        if self.boolean and self.codes:
            raise ValueError(f"Feature {self.name!r} is boolean, so it has no codes.")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"Feature {self.name!r} has a minimum above its maximum.")

    @property
    def is_number(self) -> bool:
        return self.datatype != "BYTES"

    @property
    def only_numbers(self) -> tuple[float, ...]:
        """The only numbers that the model accepts; empty if it accepts any."""
        return (0.0, 1.0) if self.boolean else self.codes


@dataclasses.dataclass(frozen=True)
class Resize:
    """How a picture of any size is brought to the model's size; model/image/resize.py does it.

    Attributes:
        method: "nearest" and "linear" look at single pixels, as Keras and OpenCV do; "bilinear" and "bicubic" average
            over all of them, as Pillow, torchvision and timm do.
        shorter: The length in pixels that the shorter side is scaled to before the middle is cut out. With 0 both sides
            are stretched to the model's.
    """

    method: Literal["nearest", "linear", "bilinear", "bicubic"]
    shorter: int = 0

    def __post_init__(self) -> None:
        if self.shorter and self.method not in ("bilinear", "bicubic"):
            raise ValueError(f"The method {self.method!r} stretches pictures, so it cannot scale their shorter side.")


@dataclasses.dataclass(frozen=True)
class Abstention:
    """When a model gives no answer, since it would be wrong too often.

    That is where doubt · (1 - the answer's probability) + strangeness · (the picture's strangeness / `strange_above`)
    exceeds the limit of the answer.

    Attributes:
        doubt: The weight of the first term.
        strangeness: The weight of the second.
        limits: For each class, in their order.
    """

    doubt: float
    strangeness: float
    limits: tuple[float, ...]


@dataclasses.dataclass(frozen=True)
class Picture:
    """The picture that a model takes.

    Attributes:
        transform: How any picture is brought into the form that the graph takes; see model/image/transforms.py.
        height: Height of the graph's input in pixels.
        width: Width of the graph's input in pixels.
        subject: What the picture should show, for use in sentences: "a handwritten digit".
        strange_above: The strangeness above which a picture does not look like the subject; None if the model does
            not compute it.
        input: How a person gives the model a picture: by drawing it or by uploading a file.
        caution: A sentence to show next to every prediction; empty if there is none.
        channels: 1 is grey, 3 are red, green and blue, and 4 are those and the opacity.
        resize: What the transform "resize" does; None for any other transform.
        one_by_one: Whether the graph takes only one picture per run.
        abstention: When the model gives no answer; None if it always gives one.
        label_notes: Sentences that always go with an answer, by its label.
    """

    transform: Literal["digit", "scan", "resize"]
    height: int
    width: int
    subject: str
    strange_above: float | None
    input: Literal["draw", "upload"] = "upload"
    caution: str = ""
    channels: Literal[1, 3, 4] = 1
    resize: Resize | None = None
    one_by_one: bool = False
    abstention: Abstention | None = None
    label_notes: dict[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise ValueError(f"A picture cannot have {self.height} × {self.width} pixels.")
        if (self.resize is None) == (self.transform == "resize"):
            raise ValueError("The transform 'resize', and no other, must be told how to resize.")
        if self.channels > 1 and self.resize is None:
            raise ValueError(f"The transform {self.transform!r} returns one channel, not {self.channels}.")
        if self.abstention and self.strange_above is None:
            raise ValueError("A model that computes no strangeness has no abstention.")
        if self.resize and 0 < self.resize.shorter < max(self.height, self.width):
            raise ValueError(
                f"The shorter side is scaled to {self.resize.shorter} pixels, from which {self.height} × {self.width} "
                "cannot be cut out."
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one picture as the graph takes it."""
        return (self.height, self.width) if self.channels == 1 else (self.height, self.width, self.channels)

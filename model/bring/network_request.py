"""What the command `python -m model bundle` was told about a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Layout = Literal["NCHW", "NHWC"]
Size = tuple[int, int]  # height and width in pixels


@dataclass(frozen=True)
class NetworkRequest:
    """What to bundle, and how pictures are prepared for it.

    Attributes:
        network: The ONNX file.
        name: The model's name in URLs.
        output: The folder of the bundle.
        title: The model's name for people.
        version: Of the model.
        labels: How to show the classes, in the order of the scores; empty to number them.
        subject: What pictures should show, for use in sentences.
        samples: A folder of pictures like those it was trained on.
        preprocess: A name in `preprocessing.PREPROCESSING`; empty if none was given.
        size: Height and width in pixels; None if the network says it.
        shorter: What the shorter side is scaled to before the middle is cut out; 0 for the default.
        layout: None if the network says it.
        mean: See `preprocessing.numbers_given`; empty if it was not given.
        std: Likewise.
    """

    network: Path
    name: str
    output: Path
    title: str = ""
    version: str = "1.0.0"
    labels: Sequence[str] = ()
    subject: str = ""
    samples: Path | None = None
    preprocess: str = ""
    size: Size | None = None
    shorter: int = 0
    layout: Layout | None = None
    mean: Sequence[float] = ()
    std: Sequence[float] = ()

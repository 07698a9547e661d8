"""What the caller of a picture model is told beside the answer: notes and alarms."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

Reason = Literal["blank", "faint", "small", "narrow", "several_figures", "unfamiliar"]
REASONS: tuple[Reason, ...] = get_args(Reason)
UNANSWERABLE: frozenset[Reason] = frozenset({"blank"})  # the picture gets no answer


class Alarm(NamedTuple):
    """Why not to trust the answer: a stable code for programs, and a sentence for people."""

    reason: Reason
    sentence: str


class Transformed(NamedTuple):
    """A picture in the form that the model takes.

    Attributes:
        input: [height, width] or [height, width, channels], from 0 to 1.
        notes: Sentences about what was done to the picture.
        alarms: Why not to trust the answer; empty for a picture like those of the training data.
    """

    input: NDArray[np.float32]
    notes: tuple[str, ...] = ()
    alarms: tuple[Alarm, ...] = ()

"""What the caller of a picture model is told beside the answer: notes and alarms."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from model.inputs import Abstention

Reason = Literal["blank", "faint", "small", "narrow", "several_figures", "unfamiliar", "inconclusive"]
REASONS: tuple[Reason, ...] = get_args(Reason)
UNANSWERABLE: frozenset[Reason] = frozenset({"blank", "inconclusive"})  # the picture gets no answer


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


def is_inconclusive(
    rule: Abstention,
    places: NDArray[np.integer],
    probabilities: NDArray[np.floating],
    strangeness: NDArray[np.floating],
) -> NDArray[np.bool_]:
    """Return for which pictures a model gives no answer, [n].

    Args:
        rule: When it gives none.
        places: The places of the answers among the classes, [n].
        probabilities: [n, classes].
        strangeness: Of the pictures, as multiples of `Picture.strange_above`, [n].
    """
    return np.asarray(uncertainty(rule, places, probabilities, strangeness) > np.array(rule.limits)[places])


def uncertainty(
    rule: Abstention,
    places: NDArray[np.integer],
    probabilities: NDArray[np.floating],
    strangeness: NDArray[np.floating],
) -> NDArray[np.floating]:
    """Return what the rule compares with its limits, [n]. The arguments are those of `is_inconclusive`."""
    doubts = 1 - probabilities[np.arange(len(places)), places]
    return np.asarray(rule.doubt * doubts + rule.strangeness * strangeness)

"""What the digits model's card says."""

from __future__ import annotations

from typing import Any

from model.train.metrics import Figures
from model.train.versions import versions

TO_BEAT = 0.95  # accuracy on unseen images that the system this one replaces had as its objective

SOURCE = {
    "name": "MNIST",
    "citation": "LeCun, Y., Cortes, C., & Burges, C. The MNIST database of handwritten digits.",
    "rows": 70_000,
    "classes": {str(digit): str(digit) for digit in range(10)},
    "split": "As published: 60,000 to train and 10,000, of other writers, to test.",
}
LIMITS = (
    "One digit in a picture: of two or more it sees one figure, and answers one digit.",
    "The writers lived in the United States: a 1 with a long upstroke and a crossed 7 are rarer there than elsewhere.",
    "Any picture gets one of ten answers; what is no digit is called strange only as often as stated under strange.",
    "Where a picture is not 28 × 28 the ink is searched for; hard shadows, edges or lines on the paper can mislead it.",
    "A thin pen's stroke is drawn wider before the model sees it, so that narrow loops can close.",
)


def card(fitted: dict[str, Any], metrics: dict[str, Figures], trials: dict[str, Any]) -> dict[str, Any]:
    """The card, from what the fit was and what came of judging it."""
    return {
        "title": "Handwritten digits",
        "summary": (
            "Tells the digits 0 to 9 in pictures of 28 × 28: a convolutional network of "
            f"{fitted['parameters']:,} parameters, fitted from scratch on digits that were turned, moved, scaled, "
            "slanted, warped and drawn thicker or thinner; its probabilities are calibrated."
        ),
        "intended_use": "Demonstration of model serving, teaching, and comparison of serving systems.",
        "limits": [*LIMITS, *shortfalls(metrics)],
        "data": SOURCE,
        "fits": {
            "shipped": (
                f"Fitted on {fitted['known']:,} of the training images; the other {fitted['aside']:,} set the "
                "temperature and the strangeness above which a picture is called strange. The knobs were chosen by "
                "fits on 50,000 of them, by what these answered on the other 10,000."
            ),
            "test": "The shipped network on the published test images, which no fit saw and no knob was chosen by.",
        },
        "accuracy_to_beat": {"test": TO_BEAT},
        "metrics": metrics,
        **trials,
        "fit": fitted,
        "versions": versions("pillow", "torch"),
    }


def shortfalls(metrics: dict[str, Figures]) -> list[str]:
    """A sentence where the accuracy does not beat the one it should."""
    accuracy = metrics["test"]["accuracy"]
    return [] if accuracy > TO_BEAT else [f"Accuracy {accuracy:.1%} on the test images does not beat {TO_BEAT:.0%}."]

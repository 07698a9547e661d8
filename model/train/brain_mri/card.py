"""The card of the brain MRI model."""

from __future__ import annotations

from typing import Any

from model.bundle_write import versions
from model.image.scan import SIDE
from model.train.brain_mri.data import SOURCE
from model.train.metrics import Figures

LIMITS = """
Not a medical device and not for diagnosis. Do not use it for any decision about a patient.
It predicts one of four classes, also for another kind of tumour, a haemorrhage, a stroke or an inflammation.
The classes come from different sources: most scans with a tumour are T1 slices with contrast agent from one \
collection; most scans without are small pictures from the web in all weightings. In spite of countermeasures, part of \
what the model has learnt is which source a scan resembles, so it may call a healthy slice a tumour if it looks like \
the slices of the collection.
It sees the greys of one slice at {side} × {side} pixels; a radiologist sees all slices in several weightings.
The data set does not say which slices are of one patient. Near copies are kept together, but other slices of one \
patient can be on both sides of a split, so figures for new patients would be lower.
Some labels of the data set are wrong: a few scans are labelled as two kinds of tumour, and some that are labelled \
"no tumour" plainly show one.
It makes a prediction for almost any picture, and not every picture without a scan of a brain raises an alarm.
"""


def card(
    fit: dict[str, Any], scans: int, near_copies: float, metrics: dict[str, Figures], tests: dict[str, Any]
) -> dict[str, Any]:
    """Return the card.

    Args:
        fit: The summary of the fit.
        scans: How many scans the published test part has.
        near_copies: The share of these with a near copy in the published training part.
        metrics: Figures of the predictions for scans that took no part in the fit.
        tests: Figures of the other tests.
    """
    return {
        "title": "Brain tumour MRI, four classes",
        "summary": (
            "Distinguishes glioma, meningioma, pituitary tumour and no tumour in one slice of an MRI scan of the head."
        ),
        "intended_use": "Demonstration of model serving, teaching, and comparison of serving systems.",
        "method": (
            f"A convolutional network with {fit['parameters']:,} parameters, fitted from scratch on scans that were "
            "rotated, shifted, scaled, mirrored, bent, blurred and given other contrasts and noise. It averages over a "
            "scan and its mirror image, and its probabilities are calibrated."
        ),
        "limits": LIMITS.format(side=SIDE).strip().splitlines(),
        "data": SOURCE,
        "fits": {
            "shipped": (
                f"Fitted on {fit['train']:,} scans of folds 1 to 4; another {fit['calibration']:,} of these, whole "
                "groups of near copies, set the temperature and the strangeness above which the server warns of a "
                "picture."
            ),
            "fold_0": (
                "The shipped network on the fold that took no part in the fit. The hyperparameters were chosen by "
                "shorter fits of smaller networks on folds 2 to 4, which reached an accuracy of 95 % on fold 1: the "
                "folds differ in how hard their scans are and how many labels are wrong."
            ),
            "published_split": (
                "Not to be trusted: a network fitted for half as long on the published training part. Of the "
                f"{scans:,} scans of the published test part, {near_copies:.0%} have a near copy, plain or mirrored, "
                "in the training part, so in good part the figures measure memory."
            ),
        },
        "metrics": metrics,
        **tests,
        "fit": fit,
        "versions": versions("pillow", "torch"),
    }

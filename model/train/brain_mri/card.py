"""The card of the brain MRI model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.bundle_write import versions
from model.image.scan import SIDE
from model.train.brain_mri import data, weak
from model.train.metrics import Figures

LIMITS = """
Not a medical device and not for diagnosis. Do not use it for any decision about a patient.
It predicts one of four classes, also for another kind of tumour, a haemorrhage, a stroke or an inflammation.
The classes come from different sources: most scans with a tumour are T1 slices with contrast agent from one \
collection; most scans without are small pictures from the web in all weightings. It was also fitted on scans of two \
more collections, on drawn tumours and with other contrasts, so that the source says less. Part of what it has learnt \
is still which source a scan resembles.
{errors}
It sees the greys of one slice at {side} × {side} pixels; a radiologist sees all slices in several weightings.
The data set does not say which slices are of one patient. Near copies are kept together, but other slices of one \
patient can be on both sides of a split, so figures for new patients would be lower.
Some labels of the data set are wrong: a few scans are labelled as two kinds of tumour, and some that are labelled \
"no tumour" plainly show one. Another 73 labelled so are CT, 19 of them in fold 0. The fit took them as labelled; only \
the strangeness tells them apart.
Not every picture without an MRI scan of a brain raises an alarm.
"""


def card(fit: dict[str, Any], metrics: dict[str, Figures], tests: dict[str, Any]) -> dict[str, Any]:
    """Return the card.

    Args:
        fit: The summary of the fit.
        metrics: Figures of the predictions for scans that took no part in the fit.
        tests: Figures of the other tests, those of collections that were left out first.
    """
    return {
        "title": "Brain tumour MRI, four classes",
        "summary": (
            "Distinguishes glioma, meningioma, pituitary tumour and no tumour in one slice of an MRI scan of the head."
        ),
        "intended_use": "Demonstration of model serving, teaching, and comparison of serving systems.",
        "method": (
            f"A convolutional network with {fit['parameters']:,} parameters, fitted from scratch on scans that were "
            "rotated, shifted, scaled, mirrored, bent, blurred and given other contrasts and noise; then further on "
            "scans of which only is known whether there is a tumour, on lesions drawn into healthy scans, and on "
            "pictures like CT, which are no answer. It averages over a scan and its mirror "
            "image, and its probabilities are calibrated. Where an answer would be wrong too often, it gives none. A "
            "regression on its features, fitted on drawn and on real CT, adds to the strangeness."
        ),
        "limits": LIMITS.format(side=SIDE, errors=_errors(tests["left_out"])).strip().splitlines(),
        "data": {"four_classes": data.SOURCE, "tumour_or_not": weak.SOURCE},
        "fits": {
            "shipped": (
                f"Fitted on {fit['first']['train']:,} scans of folds 1 to 4, and then further on {fit['train']:,}: "
                'these and those labelled only as with or without a tumour. For "tumour" the probabilities of the '
                f"three kinds are added. Another {fit['calibration']:,} scans, whole groups of near copies, set the "
                "temperature and the strangeness above which the server warns of a picture."
            ),
            "left_out": (
                "For each collection, the further part was repeated without any of its tumours or near copies of them. "
                "Tumours: how it answers for them. No tumour: how it answers for the scans of fold 0 without a tumour. "
                "The rule for giving no answer is under abstention."
            ),
            "fold_0": (
                "The shipped network on the fold that took no part in the fit. The hyperparameters of the first part "
                "were chosen by shorter fits of smaller networks on folds 2 to 4, which reached an accuracy of 95 % on "
                "fold 1: the folds differ in how hard their scans are and how many labels are wrong."
            ),
        },
        "left_out": tests["left_out"],
        "metrics": metrics,
        **tests,
        "fit": fit,
        "versions": versions("pillow", "torch"),
    }


def _errors(left_out: Mapping[str, Figures]) -> str:
    """Say in both directions how often the networks were wrong that had not seen a collection."""

    def percent(of: str, figure: str, *, complement: bool = False) -> str:
        scans = sum(figures[f"{of}_scans"] for figures in left_out.values())
        share = sum(figures[f"{of}_scans"] * figures[f"{of}_{figure}"] for figures in left_out.values()) / scans
        return f"{100 * (1 - share if complement else share):.0f} %"

    tumours = sum(figures["tumours_scans"] for figures in left_out.values())
    return (
        f"Of {tumours:,.0f} tumours in collections that the network had not seen, it called "
        f'{percent("tumours", "wrong_and_answered")} "no tumour" and gave no answer for '
        f"{percent('tumours', 'answered', complement=True)}. Of scans without a tumour it called "
        f"{percent('no_tumour', 'wrong_and_answered')} a tumour and gave no answer for "
        f"{percent('no_tumour', 'answered', complement=True)}."
    )

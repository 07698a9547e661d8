"""What the brain MRI model's card says."""

from __future__ import annotations

from typing import Any

import numpy as np

from model.image.scan import SIDE
from model.train.brain_mri.data import SOURCE, Scans
from model.train.metrics import Figures
from model.train.versions import versions

LIMITS = """
Not a medical device and not for diagnosis; it must not take part in any decision about a patient.
It knows four answers. A tumour of another kind, a haemorrhage, a stroke or an inflammation gets one of them.
The classes come from different sources: most scans with a tumour are T1 slices with contrast agent, from one \
collection; most without are small pictures from the web, in all weightings. Part of what the model knows is which \
source a scan is like, whatever is done against that, so a healthy slice like those of the collection may be called \
a tumour.
It sees the greys of one slice at {side} × {side} pixels; a radiologist sees all slices in several weightings.
The slices carry no patient. Near copies are kept together, but other slices of one patient can still be on both \
sides, so figures for new patients would be lower.
Some labels of the data are wrong: a few scans are labelled as two kinds of tumour, some labelled as without one \
plainly show one.
A picture that shows no scan gets an answer too; how often it is warned of as strange stands under "strange".
"""


def card(fitted: dict[str, Any], scans: Scans, metrics: dict[str, Figures], trials: dict[str, Any]) -> dict[str, Any]:
    """The card, from what the fit was and what came of judging it."""
    testing = scans.testing
    return {
        "title": "Brain tumour MRI, four classes",
        "summary": (
            "Tells glioma, meningioma and pituitary tumour from no tumour in one MRI slice: a convolutional network "
            f"of {fitted['parameters']:,} parameters, fitted from scratch on scans that were turned, moved, scaled, "
            "mirrored, bent, blurred and given other contrasts and noise. It looks at a scan both ways, and its "
            "probabilities are calibrated."
        ),
        "intended_use": "Demonstration of model serving, teaching, and comparison of serving systems.",
        "limits": LIMITS.format(side=SIDE).strip().splitlines(),
        "data": SOURCE,
        "fits": {
            "shipped": (
                f"Fitted on {fitted['known']:,} scans of folds 1 to 4; {fitted['aside']:,} more of them, whole groups "
                "of near copies, set the temperature and the strangeness above which a picture is called strange."
            ),
            "fold_0": (
                "The shipped network on the fold that no fit saw; "
                "the knobs were chosen by shorter fits of smaller networks on folds 2 to 4, which answered 95 % of "
                "fold 1 rightly: folds differ in what is hard and what is labelled wrongly."
            ),
            "published_split": (
                "Not to be trusted: of a network fitted for half as long on the published training part, and of the "
                f"{testing.sum():,} scans of the published test part {np.mean(scans.twins[testing]):.0%} have a near "
                "copy, plain or mirrored, in the training part. Such a figure is in good part one of memory."
            ),
        },
        "metrics": metrics,
        **trials,
        "fit": fitted,
        "versions": versions("pillow", "torch"),
    }

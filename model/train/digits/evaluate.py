"""Evaluation of the digits model on pictures that MNIST does not have, as it is served: prepare → graph → figures.

A picture is flagged if its answer carries an alarm that says that it may not show a digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.image import digit
from model.image.decode import read_image
from model.train.digits import drawings, variants
from model.train.metrics import Figures
from model.train.picture.evaluate import Predict, Predictions, flagged, milliseconds, share

VARIED_STEP = 20  # every 20th test image is also tested in other forms
SEED = 1  # other drawings than those of the training
DRAWN = 300  # drawings of each kind without one digit
UNUSUAL = 2000  # drawings of each unusual form: of 97 % of 300 the standard error would be 1 %, of these it is 0.4 %
NO_DIGIT = frozenset({"blank", "several_figures"})  # reasons of the transform's alarms
BATCH = 100  # images, for the time per image in a batch

Grey = NDArray[np.uint8]


def robustness(
    predict: Predict, images: Grey, labels: NDArray[np.int64], threshold: float, unusual: int = UNUSUAL
) -> dict[str, Figures]:
    """Return the accuracy on the same digits in other forms and on drawn ones, and how many of these are flagged.

    Args:
        predict: Runs the graph.
        images: Test images.
        labels: Their digits.
        threshold: The strangeness above which a picture is flagged.
        unusual: Drawings of each unusual form.
    """
    varied, truth = images[::VARIED_STEP], labels[::VARIED_STEP]
    forms = {name: (pictures, truth) for name, pictures in variants.variants(varied).items()}
    forms |= {"printed": variants.printed()} | drawings.unusual(np.random.default_rng(SEED), unusual)
    figures = {}
    for name, (pictures, expected) in forms.items():
        labelled, alarmed = _asked(predict, pictures, threshold)
        figures[name] = {
            "pictures": len(expected),
            "accuracy": share(labelled == expected),
            "flagged": share(alarmed),
        }
    return figures


def out_of_distribution(
    predict: Predict, threshold: float, predictions: Predictions, images: Grey, scans: Sequence[bytes]
) -> dict[str, Figures]:
    """Return how many of the test images, and of pictures without one digit, are flagged; the scans are files."""
    random = np.random.default_rng(SEED)
    kinds = variants.without_digit([read_image(scan)[0] for scan in scans]) | {
        "drawn_letters": drawings.letters(random, DRAWN),
        "several_digits": [drawings.several(images, random) for _ in range(DRAWN)],
    }
    shares = {"test_images": flagged(predictions.ood_scores, threshold)}
    for name, pictures in kinds.items():
        shares[name] = {"pictures": len(pictures), "flagged": share(_asked(predict, pictures, threshold)[1])}
    return shares


def _asked(predict: Predict, pictures: Sequence[Grey], threshold: float) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the answers, [n], and which pictures are flagged, [n]."""
    shown = [digit.prepare(picture) for picture in pictures]
    predictions = predict(np.stack([picture.input for picture in shown]))
    no_digit = np.array([any(alarm.reason in NO_DIGIT for alarm in picture.alarms) for picture in shown])
    return predictions.labels, no_digit | (predictions.ood_scores > threshold)


def timings(predict: Predict, images: Grey) -> Figures:
    """Return the milliseconds that one picture takes on one core."""
    one, many, photograph = images[:1] / 255, images[:BATCH] / 255, variants.variants(images[:1])["photograph"][0]
    return {
        "graph": milliseconds(lambda: predict(one)),
        "graph_among_100": round(milliseconds(lambda: predict(many)) / len(many), 3),
        "prepare_a_photograph": milliseconds(lambda: digit.prepare(photograph)),
    }

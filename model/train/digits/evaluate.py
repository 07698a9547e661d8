"""Evaluation of the digits model on pictures that MNIST does not have, as it is served: prepare → graph → figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.image import digit
from model.image.decode import read_image
from model.train.digits import variants
from model.train.metrics import Figures
from model.train.picture.evaluate import Predict, Predictions, flagged, milliseconds, share

VARIED_STEP = 20  # every 20th test image is also tested in other forms
BATCH = 100  # images, for the time per image in a batch

Grey = NDArray[np.uint8]


def robustness(predict: Predict, images: Grey, labels: NDArray[np.int64], threshold: float) -> dict[str, Figures]:
    """Return the accuracy on the same digits in other forms, and how often the server would warn of these."""
    varied, truth = images[::VARIED_STEP], labels[::VARIED_STEP]
    forms = {name: (pictures, truth) for name, pictures in variants.variants(varied).items()}
    forms["printed"] = variants.printed()
    figures = {}
    for name, (pictures, expected) in forms.items():
        predictions = predict(prepared(pictures))
        figures[name] = {
            "pictures": len(expected),
            "accuracy": share(predictions.labels == expected),
            "flagged": share(predictions.ood_scores > threshold),
        }
    return figures


def out_of_distribution(
    predict: Predict, threshold: float, predictions: Predictions, scans: Sequence[bytes]
) -> dict[str, Figures]:
    """Return how often the server warns of the test images, and of pictures without a digit; the scans are files."""
    shares = {"test_images": flagged(predictions.ood_scores, threshold)}
    for name, pictures in variants.without_digit([read_image(scan)[0] for scan in scans]).items():
        shares[name] = flagged(predict(prepared(pictures)).ood_scores, threshold)
    return shares


def prepared(pictures: Sequence[Grey]) -> NDArray[np.float32]:
    return np.stack([digit.prepare(picture)[0] for picture in pictures])


def timings(predict: Predict, images: Grey) -> Figures:
    """Return the milliseconds that one picture takes on one core."""
    one, many, photograph = images[:1] / 255, images[:BATCH] / 255, variants.variants(images[:1])["photograph"][0]
    return {
        "graph": milliseconds(lambda: predict(one)),
        "graph_among_100": round(milliseconds(lambda: predict(many)) / len(many), 3),
        "prepare_a_photograph": milliseconds(lambda: digit.prepare(photograph)),
    }

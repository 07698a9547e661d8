"""Evaluation of the brain MRI model, as it is served: files → decode → prepare → graph → figures for the card."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.image import scan
from model.image.decode import read_image
from model.train.brain_mri.data import CLASSES, CT_GROUPS, Scans
from model.train.brain_mri.variants import variants, without_scan
from model.train.metrics import Figures
from model.train.picture.evaluate import Predict, Predictions, flagged, milliseconds, picture_figures, share

VARIED_STEP = 4  # every fourth test scan is also tested in other forms

NO_TUMOUR = CLASSES.index("notumor")

Array = NDArray[Any]


def prepared(file: bytes) -> NDArray[np.float32]:
    """Return a file in the form that the graph takes, [SIDE, SIDE]."""
    return scan.prepare(read_image(file)[0])[0]


def held_out(predict: Predict, scans: Scans, test: Array, labels: Iterable[str]) -> tuple[Figures, Predictions]:
    """Return the figures and predictions of the test scans.

    Args:
        predict: Runs the graph.
        scans: All scans.
        test: A boolean for each scan: whether it is one to test on.
        labels: The names of the classes.
    """
    rows = np.flatnonzero(test)
    predictions = predict(np.stack([prepared(scans.jpegs[row]) for row in rows]))
    figures = picture_figures(scans.classes[rows], predictions, labels)
    _, group, size = np.unique(scans.groups[rows], return_inverse=True, return_counts=True)
    correct = predictions.labels == scans.classes[rows]
    figures["accuracy_each_group_once"] = share(np.bincount(group, correct) / size)
    figures["accuracy_without_ct"] = share(correct[~np.isin(scans.groups[rows], CT_GROUPS)])
    return figures, predictions


def robustness(predict: Predict, scans: Scans, test: Array) -> dict[str, Figures]:
    """Return how often the prediction stays the same, and is right, for the same scan in another form.

    If the kind of file gave the class away, the share that is predicted to have no tumour would change.
    """
    rows = np.flatnonzero(test)[::VARIED_STEP]
    forms: dict[str, list[bytes]] = {"as_stored": [scans.jpegs[row] for row in rows]}
    for file in list(forms["as_stored"]):
        for name, variant in variants(Image.open(io.BytesIO(file))).items():
            forms.setdefault(name, []).append(variant)
    labels = {name: predict(np.stack([prepared(file) for file in files])).labels for name, files in forms.items()}
    truth = scans.classes[rows]
    return {
        name: {
            "scans": len(truth),
            "same_prediction": share(predicted == labels["as_stored"]),
            "accuracy": share(predicted == truth),
            "predicted_no_tumour": share(predicted == NO_TUMOUR),
        }
        for name, predicted in labels.items()
    }


def originals(predict: Predict, scans: Scans) -> Figures:
    """Return how often a published file gets the same prediction as its smaller copy.

    Most of these scans took part in the fit.
    """
    rows = np.array(sorted(scans.originals))
    published = predict(np.stack([prepared(scans.originals[row]) for row in rows])).labels
    stored = predict(np.stack([prepared(scans.jpegs[row]) for row in rows])).labels
    return {"scans": len(rows), "same_prediction": share(published == stored)}


def out_of_distribution(
    predict: Predict, threshold: float, predictions: Predictions, ct: NDArray[np.bool_], digits: NDArray[np.uint8]
) -> dict[str, Figures]:
    """Return the share that raises the alarm: of the test scans, of the CT among them, and of other pictures."""
    scores = predictions.ood_scores
    shares = {"test_scans": flagged(scores, threshold), "test_scans_ct": flagged(scores[ct], threshold)}
    for name, pictures in without_scan(digits).items():
        ood_scores = predict(np.stack([scan.prepare(picture)[0] for picture in pictures])).ood_scores
        shares[name] = flagged(ood_scores, threshold)
    return shares


def timings(predict: Predict, file: bytes) -> Figures:
    """Return the milliseconds that one scan takes on one core: the graph, and decoding and preparing before it."""
    picture = prepared(file)[None]
    return {
        "graph": milliseconds(lambda: predict(picture)),
        "decode_and_prepare": milliseconds(lambda: prepared(file)),
    }

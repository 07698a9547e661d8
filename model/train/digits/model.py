"""Trains the model of handwritten digits: data → fit → evaluate → save."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from model.bundle import Bundle
from model.bundle_write import save, versions
from model.image.mnist_form import SIDE
from model.task import Picture, Task, picture_task
from model.train import Log, datasets
from model.train.brain_mri import data
from model.train.datasets import Mnist
from model.train.digits import drawings, evaluate
from model.train.metrics import Figures
from model.train.mistakes import TestSet
from model.train.picture.evaluate import ood_threshold, picture_figures, predictor
from model.train.picture.fitted import training_statistics

if TYPE_CHECKING:
    from model.train.picture.design import Design

CALIBRATION_DIVISOR = 20  # a 20th of the training images is kept for calibration
CALIBRATION_STEP = 16  # calibration images in other forms: a 16th as many as training images in other forms
USUAL = 0.995  # share of the calibration images below the out-of-distribution threshold
SCAN_STEP = 150  # every 150th brain scan is an example of a picture without a digit
QUICK_STEP = 100  # a quick run uses every 100th image
GOAL = 0.95  # test accuracy to beat: the objective of the system that this one replaces

LABELS = tuple("0123456789")

SOURCE = {
    "name": "MNIST",
    "citation": "LeCun, Y., Cortes, C., & Burges, C. The MNIST database of handwritten digits.",
    "rows": 70_000,
    "classes": {label: label for label in LABELS},
    "split": "As published: 60,000 images to train on, and 10,000 by other writers to test on.",
}
LIMITS = (
    "One digit per picture: it answers with one digit, and raises an alarm if there are several figures.",
    "Ones with an upstroke, crossed sevens, open fours and slashed zeros were drawn by a program, not by people.",
    "The letters O, I, l, Z, S, B, b, g and q look like digits and are answered as digits, usually without an alarm.",
    "In a picture that does not have MNIST's form it searches for the ink: edges or lines can mislead it.",
    "Strokes of a thin pen are thickened before the model sees them, so narrow loops can close.",
)


def design() -> Design:
    # Imported here, because PyTorch is only installed where picture models are trained.
    from model.train.picture.augment import Augmentation  # noqa: PLC0415
    from model.train.picture.design import Design  # noqa: PLC0415
    from model.train.picture.fit import Recipe  # noqa: PLC0415
    from model.train.picture.network import untrained  # noqa: PLC0415

    return Design(
        untrained=partial(untrained, (24, 48, 96), len(LABELS) + 1),
        augment=Augmentation(rotate=12, shift=0.08, scale=0.12, shear=0.15, warp=0.04, stroke=0.6, gamma=0.2),
        recipe=Recipe(epochs=12, learning_rate=0.1, label_smoothing=0.05),
        quick=Recipe(epochs=1, learning_rate=0.05, batch=16),
    )


def train(output: Path, log: Log, quick: bool = False) -> Bundle:
    """Train, evaluate and write the bundle; on one machine only the timings in the card differ between runs."""
    mnist = datasets.mnist()
    scans = data.load(data.table()[::SCAN_STEP], log).jpegs
    return build(output, mnist.every(QUICK_STEP) if quick else mnist, scans, log, quick)


def build(output: Path, mnist: Mnist, scans: Sequence[bytes], log: Log, quick: bool) -> Bundle:
    """Make the bundle from these digits; the scans (image files) are examples of pictures without a digit."""
    from model.train.picture import design as picture_design  # noqa: PLC0415 (needs PyTorch)

    images, labels, test_images, test_labels = astuple(mnist)
    own = design()
    recipe = own.quick if quick else own.recipe
    shuffled = np.random.default_rng(recipe.seed).permutation(len(images))
    calibration, train = np.split(shuffled, [len(images) // CALIBRATION_DIVISOR])
    log(f"Data: {len(train)} images to train on, {len(calibration)} to calibrate on, {len(test_images)} to test on.")
    step = QUICK_STEP if quick else 1
    random = np.random.default_rng(recipe.seed)
    varied, chosen = drawings.varied(images[train], random, step)
    drawn, drawn_labels = drawings.digits(random, step)
    outliers = drawings.others(images[train], random, step)
    examples = np.concatenate([varied, drawn]), np.concatenate([labels[train][chosen], drawn_labels])
    log(f"Drawn: {len(varied)} of the images in other forms, {len(drawn)} digits, {len(outliers)} other pictures.")
    fitted = picture_design.build(
        own,
        recipe,
        (images[train], labels[train]),
        (images[calibration], labels[calibration]),
        log,
        picture_design.Additions(examples, outliers),
    )
    log("Evaluating the graph on the test images.")
    predict = predictor(fitted.graph)
    usual = np.concatenate(
        [images[calibration], drawings.varied(images[calibration], random, step * CALIBRATION_STEP)[0]]
    )
    ood_scores = predict(usual / 255).ood_scores
    threshold = ood_threshold(ood_scores, USUAL)
    predictions = predict(test_images / 255)
    summary = {**fitted.summary, "examples": len(examples[1]), "outliers": len(outliers)}
    tests = {
        "robustness": evaluate.robustness(predict, test_images, test_labels, threshold, -(-evaluate.UNUSUAL // step)),
        "out_of_distribution": evaluate.out_of_distribution(predict, threshold, predictions, test_images, scans),
        "milliseconds": evaluate.timings(predict, test_images),
    }
    return save(
        output,
        task(threshold),
        None,
        fitted.graph,
        card(summary, {"test": picture_figures(test_labels, predictions, LABELS)}, tests),
        training_statistics(fitted, predict, ood_scores, LABELS),
    )


def task(threshold: float) -> Task:
    """Return the task of a model with this out-of-distribution threshold."""
    picture = Picture("digit", SIDE, SIDE, "a handwritten digit", threshold, input="draw")
    return picture_task("digits", "Handwritten digits", LABELS, picture)


def card(fit: dict[str, Any], metrics: dict[str, Figures], tests: dict[str, Any]) -> dict[str, Any]:
    """Return the card, from the summary of the fit and the figures of the evaluation."""
    return {
        "title": "Handwritten digits",
        "summary": (
            "Recognises one handwritten digit, 0 to 9, in a drawing, a scan or a photograph. The digit is converted to "
            "28 × 28 pixels first."
        ),
        "intended_use": "Demonstration of model serving, teaching, and comparison of serving systems.",
        "method": (
            f"A convolutional network with {fit['parameters']:,} parameters, fitted from scratch on digits that were "
            "rotated, shifted, scaled, sheared, warped and drawn thicker or thinner, on drawn digits, and on letters "
            "and other pictures without a digit. Its probabilities are calibrated."
        ),
        "limits": [*LIMITS, *shortfalls(metrics)],
        "data": SOURCE,
        "fits": {
            "shipped": (
                f"Fitted on {fit['train']:,} of the training images, {fit['examples']:,} further pictures of digits "
                f"and {fit['outliers']:,} of something else. The other {fit['calibration']:,} images set the "
                "temperature and, with some of them in other forms, the strangeness above which the server warns."
            ),
            "test": "The shipped network on the published test images, which took no part in any fit or choice.",
        },
        "accuracy_to_beat": {"test": GOAL},
        "metrics": metrics,
        **tests,
        "fit": fit,
        "versions": versions("pillow", "torch"),
    }


def shortfalls(metrics: dict[str, Figures]) -> list[str]:
    """Return a sentence if the accuracy does not beat the goal."""
    accuracy = metrics["test"]["accuracy"]
    return [] if accuracy > GOAL else [f"The accuracy of {accuracy:.1%} on the test images does not beat {GOAL:.0%}."]


def test_set() -> TestSet:
    mnist = datasets.mnist()
    return TestSet(mnist.test_images / 255, mnist.test_labels, np.arange(len(mnist.test_labels)))

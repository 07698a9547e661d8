"""Trains the model of brain tumours in MRI scans: data → fit → evaluate → save."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.bundle import Bundle
from model.bundle_write import save
from model.image.scan import SIDE
from model.task import Picture, Task, picture_task
from model.train import Log, datasets
from model.train.brain_mri import data, evaluate
from model.train.brain_mri.card import card
from model.train.brain_mri.data import Scans
from model.train.mistakes import TestSet
from model.train.picture.evaluate import ood_threshold, predictor
from model.train.picture.fitted import Fitted, Pictures, training_statistics

TEST_FOLD = 0  # takes no part in any fit or choice of hyperparameters
CALIBRATION_STEP = 16  # every 16th group of near copies in the other folds is kept for calibration
USUAL = 0.99  # share of the calibration scans below the out-of-distribution threshold
QUICK_STEP = 20  # a quick run uses every 20th row

LABELS = ("glioma", "meningioma", "no tumour", "pituitary tumour")
CAUTION = "This is not a medical device. Do not use it for any decision about a patient."

Rows = NDArray[np.bool_]


def train(output: Path, log: Log, quick: bool = False) -> Bundle:
    """Train, evaluate and write the bundle; on one machine only the timings in the card differ between runs."""
    rows = data.table()
    scans = data.load(rows[::QUICK_STEP] if quick else rows, log)
    return build(output, scans, datasets.mnist().test_images, log, quick)


def build(output: Path, scans: Scans, digits: Pictures, log: Log, quick: bool) -> Bundle:
    """Make the bundle from these scans; handwritten digits [n, 28, 28] are examples of pictures without a scan."""
    # Imported here, because PyTorch is only installed where picture models are trained.
    from model.train.brain_mri.fit import DESIGN  # noqa: PLC0415
    from model.train.picture import design  # noqa: PLC0415

    pictures = np.stack([np.round(evaluate.prepared(jpeg) * 255).astype(np.uint8) for jpeg in scans.jpegs])
    recipe = DESIGN.quick if quick else DESIGN.recipe

    def fit_without(test: Rows, epochs: int) -> Fitted:
        train, calibration = ((pictures[part], scans.classes[part]) for part in split(scans, test))
        log(f"Data: {len(train[1])} scans to train on, {len(calibration[1])} to calibrate on, {test.sum()} to test on.")
        return design.build(DESIGN, replace(recipe, epochs=epochs), train, calibration, log)

    test = scans.folds == TEST_FOLD
    fitted = fit_without(test, recipe.epochs)
    log("Evaluating the graph on the fold that took no part in the fit.")
    predict = predictor(fitted.graph)
    ood_scores = predict(fitted.calibration[0] / 255).ood_scores
    threshold = ood_threshold(ood_scores, USUAL)
    figures, predictions = evaluate.held_out(predict, scans, test, LABELS)
    log("Fitting another network with half the epochs for the published split, where near copies inflate the figures.")
    leaky = predictor(fit_without(scans.testing, (recipe.epochs + 1) // 2).graph)
    inflated, _ = evaluate.held_out(leaky, scans, scans.testing, LABELS)
    tests = {
        "robustness": evaluate.robustness(predict, scans, test) | {"originals": evaluate.originals(predict, scans)},
        "out_of_distribution": evaluate.out_of_distribution(predict, threshold, predictions, digits),
        "milliseconds": evaluate.timings(predict, scans.jpegs[0]),
    }
    near_copies = float(np.mean(scans.twins[scans.testing]))
    metrics = {"fold_0": figures, "published_split": inflated}
    return save(
        output,
        task(threshold),
        None,
        fitted.graph,
        card(fitted.summary, int(scans.testing.sum()), near_copies, metrics, tests),
        training_statistics(fitted, predict, ood_scores, LABELS),
    )


def task(threshold: float) -> Task:
    """Return the task of a model with this out-of-distribution threshold."""
    picture = Picture("scan", SIDE, SIDE, "a brain MRI scan", threshold, input="upload", caution=CAUTION)
    return picture_task("brain_mri", "Brain tumour MRI", LABELS, picture)


def split(scans: Scans, test: Rows) -> tuple[Rows, Rows]:
    """Return the rows to train on and those to calibrate on, of those not to test on."""
    calibration = ~test & (scans.groups % CALIBRATION_STEP == 0)
    return ~test & ~calibration, calibration


def test_set() -> TestSet:
    rows = [row for row in data.table() if row["fold"] == str(TEST_FOLD)]
    scans = data.load(rows, print)
    return TestSet(np.stack([evaluate.prepared(jpeg) for jpeg in scans.jpegs]), scans.classes, scans.groups)

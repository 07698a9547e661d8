"""Trains the model of brain tumours in MRI scans: data → fit → evaluate → save."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from model.bundle import Bundle
from model.bundle_write import save
from model.image.scan import SIDE
from model.task import Abstention, Picture, Task, picture_task
from model.train import Log, datasets
from model.train.brain_mri import data, evaluate, weak
from model.train.brain_mri.abstention import answers, coverage, fit_abstention
from model.train.brain_mri.card import card
from model.train.brain_mri.data import Scans
from model.train.brain_mri.examples import TEST_FOLD, Examples, examples
from model.train.brain_mri.left_out import USUAL, LeftOut, leave_each_out
from model.train.brain_mri.weak import WeakScans
from model.train.mistakes import TestSet
from model.train.picture.evaluate import ood_threshold, predictor
from model.train.picture.fitted import Fitted, Pictures, training_statistics

# Shares of the calibration scans that get an answer. To miss a tumour is worse than to give no answer.
COVERAGE = {"no tumour": 0.97}
OTHER_COVERAGE = 0.95
QUICK_STEP = 20  # a quick run uses every 20th row

LABELS = ("glioma", "meningioma", "no tumour", "pituitary tumour")
NOT_RULED_OUT = "This does not rule out a tumour: the model misses some, and one slice shows little of the brain."
CAUTION = "This is not a medical device. Do not use it for any decision about a patient."


def train(output: Path, log: Log, quick: bool = False) -> Bundle:
    """Train, evaluate and write the bundle; on one machine only the timings in the card differ between runs."""
    step = QUICK_STEP if quick else 1
    scans, weakly_labelled = data.load(data.table()[::step], log), weak.load(weak.table()[::step], log)
    return build(output, scans, weakly_labelled, datasets.mnist().test_images, log, quick)


def build(output: Path, scans: Scans, weakly_labelled: WeakScans, digits: Pictures, log: Log, quick: bool) -> Bundle:
    """Make the bundle from these scans; handwritten digits [n, 28, 28] are examples of pictures without a scan."""
    every = examples(scans, weakly_labelled)
    log("Fitting the four classes.")
    first = first_fit(every, log, quick)

    def fit_without(collection: str) -> Fitted:
        log(f"Fitting further with weak labels{f', without {collection}' if collection else ''}.")
        return second_fit(every, first.graph, collection, log, quick)

    return assemble(output, scans, digits, (first, fit_without("")), leave_each_out(every, fit_without))


def first_fit(every: Examples, log: Log, quick: bool) -> Fitted:
    # Imported here, because PyTorch is only installed where picture models are trained.
    from model.train.brain_mri.fit import FIRST  # noqa: PLC0415
    from model.train.picture import design  # noqa: PLC0415

    return design.build(FIRST, FIRST.quick if quick else FIRST.recipe, *every.split(weak=False), log)


def second_fit(every: Examples, first: bytes, left_out: str, log: Log, quick: bool) -> Fitted:
    """Continue from the graph of the first fit, without the collection that is left out, if any."""
    from model.train.brain_mri.fit import additions, second  # noqa: PLC0415
    from model.train.picture import design  # noqa: PLC0415

    train, calibration = every.split(left_out)
    chosen, added = second(first, train[0]), additions(train, every.ct_to_fit_on(left_out))
    return design.build(chosen, chosen.quick if quick else chosen.recipe, train, calibration, log, added)


def assemble(
    output: Path,
    scans: Scans,
    digits: Pictures,
    fits: tuple[Fitted, Fitted],
    left_out: Mapping[str, LeftOut],
) -> Bundle:
    """Evaluate the second of the two fits and write its bundle."""
    first, fitted = fits
    predict = predictor(fitted.graph)
    pictures, classes = fitted.calibration
    calibration = predict(pictures / 255)
    strange = ood_threshold(calibration.ood_scores, USUAL)
    usual = answers(calibration, strange, calibration.labels != classes)
    kept = [COVERAGE.get(label, OTHER_COVERAGE) for label in LABELS]
    rule = fit_abstention([each.tumours for each in left_out.values()], usual, kept)
    test = scans.folds == TEST_FOLD
    figures, predictions = evaluate.held_out(predict, scans, test, LABELS)
    ct = np.isin(scans.groups[test], data.CT_GROUPS)
    tests = {
        "left_out": {name: each.figures(rule) for name, each in left_out.items()},
        "abstention": {
            "rule": asdict(rule),
            "fold_0": coverage(rule, answers(predictions, strange, predictions.labels != scans.classes[test])),
        },
        "robustness": evaluate.robustness(predict, scans, test) | {"originals": evaluate.originals(predict, scans)},
        "out_of_distribution": evaluate.out_of_distribution(predict, strange, predictions, ct, digits),
        "milliseconds": evaluate.timings(predict, scans.jpegs[0]),
    }
    fit = fitted.summary | {"first": first.summary}
    statistics = training_statistics(fitted, predict, calibration.ood_scores, (*LABELS, "tumour"))
    return save(output, task(strange, rule), None, fitted.graph, card(fit, {"fold_0": figures}, tests), statistics)


def task(threshold: float, abstention: Abstention | None = None) -> Task:
    """Return the task of a model with this out-of-distribution threshold."""
    picture = Picture(
        "scan",
        SIDE,
        SIDE,
        "a brain MRI scan",
        threshold,
        caution=CAUTION,
        abstention=abstention,
        label_notes={"no tumour": NOT_RULED_OUT},
    )
    return picture_task("brain_mri", "Brain tumour MRI", LABELS, picture)


def test_set() -> TestSet:
    rows = [row for row in data.table() if row["fold"] == str(TEST_FOLD)]
    scans = data.load(rows, print)
    return TestSet(np.stack([evaluate.prepared(jpeg) for jpeg in scans.jpegs]), scans.classes, scans.groups)

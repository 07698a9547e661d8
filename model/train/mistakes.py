"""What a model of pictures answers wrong, as a sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model import bundle
from model.train import datasets
from model.train.brain_mri import data, model
from model.train.brain_mri.evaluate import seen
from model.train.picture.contact_sheet import sheet
from model.train.picture.evaluate import asker

SHOWN = 10

Array = NDArray[Any]


@dataclass(frozen=True)
class Judged:
    """Pictures that no fit saw."""

    pictures: Array  # [n, height, width] in 0–1, as the graph takes them
    classes: Array  # [n], places among the task's classes
    groups: Array  # [n], the same for near copies


def drawn(model: bundle.Bundle, judged: Judged) -> tuple[Image.Image, str]:
    """A sheet of the answers that are wrong and surest, of near copies one; and a sentence of how many there are."""
    answers = asker(model.onnx)(judged.pictures)
    sure = answers.probabilities[np.arange(len(answers.labels)), answers.labels]
    rows = np.flatnonzero(answers.labels != judged.classes)
    if not rows.size:
        raise bundle.BundleError(f"{model.task.name} answers all of the {len(sure):,} pictures rightly.")
    rows = rows[np.argsort(-sure[rows], kind="stable")]
    _, first = np.unique(judged.groups[rows], return_index=True)
    shown = rows[np.sort(first)][:SHOWN]
    labels = model.task.labels
    texts = [
        f"labelled {labels[judged.classes[row]]}\nsays {labels[answers.labels[row]]}, {100 * sure[row]:.0f} %"
        for row in shown
    ]
    said = f"{len(rows):,} of {len(sure):,} pictures are answered wrong, {len(first):,} of them unlike each other."
    return sheet([judged.pictures[row] for row in shown], texts), said


def _digits() -> Judged:
    mnist = datasets.mnist()
    return Judged(mnist.test_images / 255, mnist.test_labels, np.arange(len(mnist.test_labels)))


def _scans() -> Judged:
    rows = [row for row in data.table() if row["fold"] == str(model.JUDGED)]
    scans = data.load(rows, print)
    return Judged(np.stack([seen(jpeg) for jpeg in scans.jpegs]), scans.classes, scans.groups)


JUDGED: Mapping[str, Callable[[], Judged]] = {"digits": _digits, "brain_mri": _scans}

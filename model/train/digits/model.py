"""Handwritten digits: knobs → data → fit → judge → save. The knobs of the fit are in digits_fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np

from model.bundle import Bundle
from model.bundle_write import save
from model.image import digit
from model.task import Picture, Task
from model.train import datasets
from model.train.brain_mri import data
from model.train.datasets import Mnist
from model.train.digits import evaluate as judge
from model.train.digits.card import card
from model.train.picture.described import described
from model.train.picture.distribution import distribution
from model.train.picture.evaluate import asker, bound, figures

ONE_ASIDE_OF = 20  # training images: to calibrate on
USUAL = 0.995  # share of the images put aside that are not called strange
SCANS = 150  # every so many brain scans are shown to it as no digits
QUICK = 100  # every so many images make a quick run

LABELS = tuple("0123456789")

Say = Callable[[str], None]


def train(output: Path, say: Say, quick: bool = False) -> Bundle:
    """Train, judge and write the bundle; two runs on one machine write the same, but for the times on the card."""
    mnist = datasets.mnist()
    scans = data.load(data.table()[::SCANS], say).jpegs
    return made(output, mnist.every(QUICK) if quick else mnist, scans, say, quick)


def made(output: Path, mnist: Mnist, scans: Sequence[bytes], say: Say, quick: bool) -> Bundle:
    """The bundle made of these digits; the scans, files of pictures, are shown to it as no digits."""
    # PyTorch is there only where pictures are trained on.
    from model.train.digits.fit import DESIGN  # noqa: PLC0415
    from model.train.picture.design import fitted  # noqa: PLC0415

    images, labels, test_images, test_labels = astuple(mnist)
    recipe = DESIGN.quick if quick else DESIGN.recipe
    aside, known = np.split(np.random.default_rng(recipe.seed).permutation(len(images)), [len(images) // ONE_ASIDE_OF])
    say(f"Data: {len(known)} images to fit on, {len(aside)} to calibrate on, {len(test_images)} to judge.")
    network = fitted(DESIGN, recipe, (images[known], labels[known]), (images[aside], labels[aside]), say)
    say("Judging the graph on the test images.")
    ask = asker(network.graph)
    strangeness = ask(images[aside] / 255).strangeness
    strange_above = bound(strangeness, USUAL)
    answers = ask(test_images / 255)
    made_card = card(
        network.told,
        {"test": figures(test_labels, answers, LABELS)},
        {
            "robustness": judge.robustness(ask, test_images, test_labels, strange_above),
            "strange": judge.strange(ask, strange_above, answers, scans),
            "milliseconds": judge.times(ask, test_images),
        },
    )
    return save(
        output, task(strange_above), None, network.graph, made_card, distribution(network, ask, strangeness, LABELS)
    )


def task(strange_above: float) -> Task:
    picture = Picture("digit", digit.SIDE, digit.SIDE, "a handwritten digit", strange_above, input="draw")
    return described("digits", "Handwritten digits", LABELS, picture)

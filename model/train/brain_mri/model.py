"""Brain tumours in MRI scans: knobs → data → fit → judge → save. The knobs of the fit are in brain_mri_fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.bundle import Bundle
from model.bundle_write import save
from model.image.scan import SIDE
from model.task import Picture, Task
from model.train import datasets
from model.train.brain_mri import data
from model.train.brain_mri import evaluate as judge
from model.train.brain_mri.card import card
from model.train.brain_mri.data import Scans
from model.train.picture.described import described
from model.train.picture.distribution import distribution
from model.train.picture.evaluate import asker, bound
from model.train.picture.fitted import Fitted, Pictures

JUDGED = 0  # the fold that no fit sees and no knob was chosen by
ONE_ASIDE_OF = 16  # groups of near copies in the other folds: to calibrate on
USUAL = 0.99  # share of the scans put aside that are not called strange
QUICK = 20  # every so many rows make a quick run

LABELS = ("glioma", "meningioma", "no tumour", "pituitary tumour")
CAUTION = "This is not a medical device. Do not use it for any decision about a patient."

Rows = NDArray[np.bool_]
Say = Callable[[str], None]


def train(output: Path, say: Say, quick: bool = False) -> Bundle:
    """Train, judge and write the bundle; two runs on one machine write the same, but for the times on the card."""
    rows = data.table()
    scans = data.load(rows[::QUICK] if quick else rows, say)
    return made(output, scans, datasets.mnist().test_images, say, quick)


def made(output: Path, scans: Scans, digits: Pictures, say: Say, quick: bool) -> Bundle:
    """The bundle made of these scans; some of the handwritten digits [n, 28, 28] are shown to it as no scans."""
    # PyTorch is there only where pictures are trained on.
    from model.train.brain_mri.fit import DESIGN  # noqa: PLC0415
    from model.train.picture.design import fitted  # noqa: PLC0415

    pictures = np.stack([np.round(judge.seen(jpeg) * 255).astype(np.uint8) for jpeg in scans.jpegs])
    recipe = DESIGN.quick if quick else DESIGN.recipe

    def fitted_without(judged: Rows, epochs: int) -> Fitted:
        parts = parted(scans, judged)
        known, aside = ((pictures[part], scans.classes[part]) for part in parts)
        say(f"Data: {len(known[1])} scans to fit on, {len(aside[1])} to calibrate on, {judged.sum()} to judge.")
        return fitted(DESIGN, replace(recipe, epochs=epochs), known, aside, say)

    judged = scans.folds == JUDGED
    network = fitted_without(judged, recipe.epochs)
    say("Judging the graph on the scans of the fold that no fit saw.")
    ask = asker(network.graph)
    strangeness = ask(network.aside[0] / 255).strangeness
    strange_above = bound(strangeness, USUAL)
    figures, answers = judge.unseen(ask, scans, judged, LABELS)
    say("Fitting another, with half the epochs, for the published split, whose near copies flatter.")
    leaky = fitted_without(scans.testing, (recipe.epochs + 1) // 2)
    flattered, _ = judge.unseen(asker(leaky.graph), scans, scans.testing, LABELS)
    made_card = card(
        network.told,
        scans,
        {"fold_0": figures, "published_split": flattered},
        {
            "robustness": judge.robustness(ask, scans, judged) | {"originals": judge.originals(ask, scans)},
            "strange": judge.strange(ask, strange_above, answers, digits),
            "milliseconds": judge.times(ask, scans.jpegs[0]),
        },
    )
    return save(
        output, task(strange_above), None, network.graph, made_card, distribution(network, ask, strangeness, LABELS)
    )


def task(strange_above: float) -> Task:
    picture = Picture("scan", SIDE, SIDE, "a brain MRI scan", strange_above, input="upload", caution=CAUTION)
    return described("brain_mri", "Brain tumour MRI", LABELS, picture)


def parted(scans: Scans, judged: Rows) -> tuple[Rows, Rows]:
    """The rows to fit on and those to calibrate on, of those that are not judged."""
    aside = ~judged & (scans.groups % ONE_ASIDE_OF == 0)
    return ~judged & ~aside, aside

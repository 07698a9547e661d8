"""Brain tumours in MRI scans: data → fit → judge → save. The knobs of the fit are in brain_mri_fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model.bundle import Bundle
from model.image.scan import SIDE
from model.task import Picture, Task
from model.train import brain_mri_data, datasets
from model.train import brain_mri_judge as judge
from model.train.brain_mri_card import card
from model.train.brain_mri_data import Scans
from model.train.picture.judge import asker
from model.train.saving import save
from model.train.statistics import describe

JUDGED = 0  # the fold that no fit sees and no knob was chosen by
ONE_ASIDE_OF = 16  # groups of near copies in the other folds: to calibrate on
USUAL = 0.99  # share of the scans put aside that are not called strange
QUICK = 20  # every so many rows make a quick run

LABELS = ("glioma", "meningioma", "no tumour", "pituitary tumour")

Pictures = NDArray[np.uint8]
Classes = NDArray[np.int64]
Rows = NDArray[np.bool_]
Say = Callable[[str], None]


def train(output: Path, say: Say, quick: bool = False) -> Bundle:
    """Train, judge and write the bundle; two runs on one machine write the same, but for the times on the card."""
    rows = brain_mri_data.table()
    scans = brain_mri_data.load(rows[::QUICK] if quick else rows, say)
    return made(output, scans, datasets.mnist().test_images, say, quick)


def made(output: Path, scans: Scans, digits: Pictures, say: Say, quick: bool) -> Bundle:
    """The bundle made of these scans; some of the handwritten digits [n, 28, 28] are shown to it as no scans."""
    from model.train import brain_mri_fit  # noqa: PLC0415 (PyTorch is there only where pictures are trained on)

    pictures = np.stack([np.round(judge.seen(jpeg) * 255).astype(np.uint8) for jpeg in scans.jpegs])
    recipe = brain_mri_fit.QUICK if quick else brain_mri_fit.RECIPE

    def fitted_without(judged: Rows, recipe: Any) -> Any:
        known, aside = parted(scans, judged)
        say(f"Data: {known.sum()} scans to fit on, {aside.sum()} to calibrate on, {judged.sum()} to judge.")
        return brain_mri_fit.fitted(
            (pictures[known], scans.classes[known]), (pictures[aside], scans.classes[aside]), recipe, say
        )

    judged = scans.folds == JUDGED
    known, aside = parted(scans, judged)
    fitted = fitted_without(judged, recipe)
    say("Judging the graph on the scans of the fold that no fit saw.")
    ask = asker(fitted.graph)
    strangeness = ask(pictures[aside] / 255).strangeness
    strange_above = round(float(np.quantile(strangeness, USUAL)), 3)
    figures, answers = judge.unseen(ask, scans, judged, LABELS)
    say("Fitting another, with half the epochs, for the published split, whose near copies flatter.")
    leaky = fitted_without(scans.testing, replace(recipe, epochs=(recipe.epochs + 1) // 2))
    flattered, _ = judge.unseen(asker(leaky.graph), scans, scans.testing, LABELS)
    made_card = card(
        {
            "known": int(known.sum()),
            "aside": int(aside.sum()),
            "parameters": fitted.parameters,
            "temperature": round(fitted.temperature, 4),
            **asdict(recipe),
        },
        scans,
        {"fold_0": figures, "published_split": flattered},
        {
            "robustness": judge.robustness(ask, scans, judged) | {"originals": judge.originals(ask, scans)},
            "strange": judge.strange(ask, strange_above, answers, digits),
            "milliseconds": judge.times(ask, scans.jpegs[0]),
        },
    )
    statistics = distribution(pictures[known], scans.classes[known], ask(pictures[known] / 255).labels, strangeness)
    return save(output, described(strange_above), None, fitted.graph, made_card, statistics)


def parted(scans: Scans, judged: Rows) -> tuple[Rows, Rows]:
    """The rows to fit on and those to calibrate on, of those that are not judged."""
    aside = ~judged & (scans.groups % ONE_ASIDE_OF == 0)
    return ~judged & ~aside, aside


def distribution(pictures: Pictures, classes: Classes, answers: Classes, strangeness: NDArray[Any]) -> dict[str, Any]:
    """Of what it was fitted on, for drift later; the strangeness is of the scans put aside."""
    rows = pd.DataFrame(index=range(len(classes)))
    return describe(rows, (), target=named(classes), answers=named(answers)) | {
        "strangeness": {"count": len(strangeness), "deciles": np.quantile(strangeness, np.arange(1, 10) / 10).tolist()},
        "pixels": {"mean": float(pictures.mean() / 255), "sd": float(pictures.std() / 255)},
    }


def named(classes: Classes) -> pd.Series[Any]:
    return pd.Series(np.array(LABELS)[classes])


def described(strange_above: float) -> Task:
    return Task(
        name="brain_mri",
        title="Brain tumour MRI",
        version="1.0.0",
        kind="classification",
        features=(),
        example={},
        classes=tuple(range(len(LABELS))),
        labels=LABELS,
        picture=Picture("scan", SIDE, SIDE, "a brain MRI scan", strange_above),
    )

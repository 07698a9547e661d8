"""Handwritten digits: data → fit → judge → save. The knobs of the fit are in digits_fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model.bundle import Bundle
from model.image import decode, digit
from model.task import Picture, Task
from model.train import brain_mri_data, datasets, digits_trials
from model.train.datasets import Mnist
from model.train.digits_card import card
from model.train.judge import Figures
from model.train.picture.judge import Answers, Ask, asker, figures, milliseconds, share
from model.train.saving import save
from model.train.statistics import describe

ONE_ASIDE_OF = 20  # training images: to calibrate on
USUAL = 0.995  # share of the images put aside that are not called strange
COPIED = 20  # every so many test images are also asked about as copies
SCANS = 150  # every so many brain scans are shown to it as no digits
QUICK = 100  # every so many images make a quick run
BATCH = 100  # images, for the time that one of many takes

LABELS = tuple("0123456789")

Grey = NDArray[np.uint8]
Say = Callable[[str], None]


def train(output: Path, say: Say, quick: bool = False) -> Bundle:
    """Train, judge and write the bundle; two runs on one machine write the same, but for the times on the card."""
    mnist = datasets.mnist()
    scans = brain_mri_data.load(brain_mri_data.table()[::SCANS], say).jpegs
    return made(output, mnist.every(QUICK) if quick else mnist, scans, say, quick)


def made(output: Path, mnist: Mnist, scans: Sequence[bytes], say: Say, quick: bool) -> Bundle:
    """The bundle made of these digits; the scans, files of pictures, are shown to it as no digits."""
    from model.train import digits_fit  # noqa: PLC0415 (PyTorch is there only where pictures are trained on)

    images, labels, test_images, test_labels = astuple(mnist)
    recipe = digits_fit.QUICK if quick else digits_fit.RECIPE
    aside, known = np.split(np.random.default_rng(recipe.seed).permutation(len(images)), [len(images) // ONE_ASIDE_OF])
    say(f"Data: {len(known)} images to fit on, {len(aside)} to calibrate on, {len(test_images)} to judge.")
    fitted = digits_fit.fitted((images[known], labels[known]), (images[aside], labels[aside]), recipe, say)
    say("Judging the graph on the test images.")
    ask = asker(fitted.graph)
    strangeness = ask(images[aside] / 255).strangeness
    strange_above = round(float(np.quantile(strangeness, USUAL)), 3)
    answers = ask(test_images / 255)
    made_card = card(
        {
            "known": len(known),
            "aside": len(aside),
            "parameters": fitted.parameters,
            "temperature": round(fitted.temperature, 4),
            **asdict(recipe),
        },
        {"test": figures(test_labels, answers, LABELS)},
        {
            "robustness": robustness(ask, test_images[::COPIED], test_labels[::COPIED], strange_above),
            "strange": {"test_images": _warned(answers, strange_above), **strange(ask, strange_above, scans)},
            "milliseconds": times(ask, test_images),
        },
    )
    answered = ask(images[known] / 255).labels
    statistics = describe(
        pd.DataFrame(index=range(len(known))), (), target=named(labels[known]), answers=named(answered)
    ) | {
        "strangeness": {"count": len(strangeness), "deciles": np.quantile(strangeness, np.arange(1, 10) / 10).tolist()},
        "pixels": {"mean": float(images[known].mean() / 255), "sd": float(images[known].std() / 255)},
    }
    return save(output, described(strange_above), None, fitted.graph, made_card, statistics)


def robustness(ask: Ask, images: Grey, labels: NDArray[np.int64], strange_above: float) -> dict[str, Figures]:
    """How often the same digits are recognised in other pictures, and how often these are called strange."""
    forms = {name: (pictures, labels) for name, pictures in digits_trials.copies(images).items()}
    return {
        name: {
            "pictures": len(truth),
            "accuracy": share((answers := ask(prepared(pictures))).labels == truth),
            "warned": share(answers.strangeness > strange_above),
        }
        for name, (pictures, truth) in (forms | {"printed": digits_trials.printed()}).items()
    }


def strange(ask: Ask, strange_above: float, scans: Sequence[bytes]) -> dict[str, Figures]:
    """Of what is no digit, the share that is called strange; the scans are files of pictures."""
    strangers = digits_trials.strangers([decode.grey(scan)[0] for scan in scans])
    return {name: _warned(ask(prepared(pictures)), strange_above) for name, pictures in strangers.items()}


def prepared(pictures: Sequence[Grey]) -> NDArray[np.float32]:
    return np.stack([digit.prepare(picture)[0] for picture in pictures])


def times(ask: Ask, images: Grey) -> Figures:
    """Of one picture on one core."""
    one, many, photograph = images[:1] / 255, images[:BATCH] / 255, digits_trials.copies(images[:1])["photograph"][0]
    return {
        "graph": milliseconds(lambda: ask(one)),
        "graph_among_100": round(milliseconds(lambda: ask(many)) / len(many), 3),
        "prepare_a_photograph": milliseconds(lambda: digit.prepare(photograph)),
    }


def _warned(answers: Answers, strange_above: float) -> Figures:
    return {"pictures": len(answers.labels), "warned": share(answers.strangeness > strange_above)}


def named(classes: NDArray[np.int64]) -> pd.Series[Any]:
    return pd.Series(np.array(LABELS)[classes])


def described(strange_above: float) -> Task:
    return Task(
        name="digits",
        title="Handwritten digits",
        version="1.0.0",
        kind="classification",
        features=(),
        example={},
        classes=tuple(range(len(LABELS))),
        labels=LABELS,
        picture=Picture("digit", digit.SIDE, digit.SIDE, "a handwritten digit", strange_above),
    )

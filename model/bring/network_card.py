"""What the bundle of a network says about it: the card, and the statistics of its sample pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model.bring.network_graph import LABEL, PROBABILITIES, STRANGENESS
from model.bring.network_samples import Samples
from model.bring.preprocessing import Numbers
from model.task import Picture, Task
from model.train.data_statistics import describe, numbers
from model.train.metrics import Figures, classification_figures

USUAL = 0.99  # share of the sample pictures that get no warning

_COLOURS = {1: "grey", 3: "colour", 4: "colour and transparency"}

Array = NDArray[Any]


def summary(task: Task, picture: Picture, producer: str, convention: str, numbers: Numbers) -> str:
    """Return what the network is and how pictures are prepared for it."""
    by = f" by {producer}" if producer else ""
    shorter = picture.resize.shorter if picture.resize else 0
    cut = f" (the shorter side is scaled to {shorter} pixels, and the middle is cut out)" if shorter else ""
    return (
        f"A network exported to ONNX{by}. It takes pictures of {picture.height} × {picture.width} pixels in "
        f"{_COLOURS[picture.channels]} and tells {len(task.classes)} classes apart. Pictures are prepared as "
        f"{convention} does{cut}; white is {numbers.white}, minus {_listed(numbers.mean)}, divided by "
        f"{_listed(numbers.std)}."
    )


def limits(samples: Samples | None, has_logits: bool) -> list[str]:
    """Return what a person should know before relying on the network."""
    known = samples is not None and samples.truth is not None
    figures = (
        "The samples may be pictures that it was trained on; its figures for new pictures are lower then."
        if known
        else "Nothing is known about how good its predictions are."
    )
    if samples is None:
        return [figures, "It predicts a class for any picture, and does not warn of one unlike its training pictures."]
    score = "energy (-logsumexp of the logits)" if has_logits else "negative logarithm of the highest probability"
    return [
        figures,
        f"It warns of a picture whose {score} is above that of {USUAL:.0%} of {len(samples.pictures)} sample pictures.",
        "How many pictures of other things it warns of was not measured.",
    ]


def metrics(task: Task, samples: Samples, outputs: Mapping[str, Array]) -> dict[str, Figures]:
    """Return how good the predictions for the samples are, if their classes are known."""
    if samples.truth is None:
        return {}
    classes = np.arange(len(task.classes))
    return {"samples_given": classification_figures(samples.truth, outputs[LABEL], outputs[PROBABILITIES], classes)}


def statistics(task: Task, samples: Samples, outputs: Mapping[str, Array]) -> dict[str, Any]:
    """Return statistics of the samples and of the predictions for them, as a baseline for drift."""
    names, strangeness = np.array(task.labels), outputs[STRANGENESS]
    target = None if samples.truth is None else pd.Series(names[samples.truth])
    rows = pd.DataFrame(index=range(len(strangeness)))
    return describe(rows, (), target, pd.Series(names[outputs[LABEL]])) | {
        "strangeness": numbers(pd.Series(strangeness)),
        "pixels": {"mean": float(samples.pictures.mean()), "sd": float(samples.pictures.std())},
    }


def threshold(outputs: Mapping[str, Array]) -> float:
    """Return the strangeness that the share USUAL of the samples does not exceed."""
    return float(np.quantile(outputs[STRANGENESS], USUAL))


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values)

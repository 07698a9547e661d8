"""How good a graph for pictures is: it is asked as it is served, on one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from model.train.metrics import Figures, judge_classes

PIXELS = 1 << 17  # that the graph takes at a time
TIMED = 100  # runs

Array = NDArray[Any]


@dataclass(frozen=True)
class Answers:
    labels: Array  # [n]
    probabilities: Array  # [n, classes]
    strangeness: Array  # [n]


Ask = Callable[[Array], Answers]


def asker(graph: bytes) -> Ask:
    """A function from pictures [n, height, width] in 0–1 to the graph's answers."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    names = ["label", "probabilities", "strangeness"]

    def ask(pictures: Array) -> Answers:
        batch = max(1, PIXELS // pictures[0].size)
        parts = [
            session.run(names, {"input": pictures[start : start + batch].astype(np.float32)})
            for start in range(0, len(pictures), batch)
        ]
        return Answers(*(np.concatenate(part) for part in zip(*parts, strict=True)))

    return ask


def figures(truth: Array, answers: Answers, labels: Iterable[str]) -> Figures:
    """Those of `judge_classes`, and of each class the share of its pictures that are recognised."""
    made = judge_classes(truth, answers.labels, answers.probabilities, np.arange(answers.probabilities.shape[1]))
    for place, label in enumerate(labels):
        made[f"recall_{label.replace(' ', '_')}"] = share(answers.labels[truth == place] == place)
    return made


def share(hits: Array) -> float | None:
    return round(float(np.mean(hits)), 4) if len(hits) else None


def bound(strangeness: Array, usual: float) -> float:
    """The strangeness above which a picture is called strange: so large a share of these is not."""
    return round(float(np.quantile(strangeness, usual)), 3)


def warned(strangeness: Array, strange_above: float) -> Figures:
    return {"pictures": len(strangeness), "warned": share(strangeness > strange_above)}


def milliseconds(call: Callable[[], object]) -> float:
    """The median time of a call."""
    times = []
    for _ in range(TIMED):
        started = perf_counter()
        call()
        times.append(perf_counter() - started)
    return round(float(np.median(times)) * 1000, 3)

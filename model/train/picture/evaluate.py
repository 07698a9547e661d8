"""Evaluation of a graph for pictures: it runs as it is served, on one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_images

from model.train.metrics import Figures, classification_figures

PIXELS = 1 << 17  # pixels per run of the graph
TIMED = 100  # runs

Array = NDArray[Any]


@dataclass(frozen=True)
class Predictions:
    """What a graph gives for n pictures."""

    labels: Array  # [n]
    probabilities: Array  # [n, classes]
    ood_scores: Array  # [n]


Predict = Callable[[Array], Predictions]  # from pictures [n, height, width] in 0–1


def predictor(graph: bytes) -> Predict:
    """Return a function that runs the graph on pictures [n, height, width] in 0–1."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    outputs = ["label", "probabilities", "strangeness"]

    def predict(pictures: Array) -> Predictions:
        batch = max(1, PIXELS // pictures[0].size)
        parts = [
            session.run(outputs, {"input": pictures[start : start + batch].astype(np.float32)})
            for start in range(0, len(pictures), batch)
        ]
        return Predictions(*(np.concatenate(part) for part in zip(*parts, strict=True)))

    return predict


def picture_figures(truth: Array, predictions: Predictions, labels: Iterable[str]) -> Figures:
    """Return the figures of `classification_figures`, and the recall of each class."""
    classes = np.arange(predictions.probabilities.shape[1])
    figures = classification_figures(truth, predictions.labels, predictions.probabilities, classes)
    for index, label in enumerate(labels):
        figures[f"recall_{label.replace(' ', '_')}"] = share(predictions.labels[truth == index] == index)
    return figures


def share(hits: Array) -> float | None:
    return round(float(np.mean(hits)), 4) if len(hits) else None


def ood_threshold(ood_scores: Array, usual: float) -> float:
    """Return the score that a share `usual` of these scores does not exceed."""
    return round(float(np.quantile(ood_scores, usual)), 3)


def flagged(ood_scores: Array, threshold: float) -> Figures:
    """Return how many pictures there are, and the share that the server warns about."""
    return {"pictures": len(ood_scores), "flagged": share(ood_scores > threshold)}


def milliseconds(call: Callable[[], object]) -> float:
    """Return the median time of a call."""
    times = []
    for _ in range(TIMED):
        started = perf_counter()
        call()
        times.append(perf_counter() - started)
    return round(float(np.median(times)) * 1000, 3)


def photographs(random: np.random.Generator, count: int, side: int) -> list[NDArray[np.uint8]]:
    """Return grey squares from the two photographs in scikit-learn: neither digits nor scans."""
    squares = []
    for photograph in load_sample_images().images:
        grey = np.asarray(Image.fromarray(photograph).convert("L"))
        for _ in range(count // 2):
            top, left = (int(random.integers(0, length - side)) for length in grey.shape)
            squares.append(grey[top : top + side, left : left + side])
    return squares

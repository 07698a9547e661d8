"""The network of the handwritten digits, how they are varied for it, and its fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.train.picture.calibrate import temperature
from model.train.picture.export import export
from model.train.picture.fit import Recipe, fit, outputs, stages
from model.train.picture.network import untrained
from model.train.picture.strangeness import measure
from model.train.picture.vary import Variation

CHANNELS = (24, 48, 96)
RECIPE = Recipe(epochs=18, learning_rate=0.1, label_smoothing=0.05)
QUICK = Recipe(epochs=1, learning_rate=0.05, batch=16)
VARIATION = Variation(turn=12, shift=0.08, scale=0.12, shear=0.15, warp=0.04, stroke=0.6, gamma=0.2)

Pictures = NDArray[np.uint8]
Targets = NDArray[np.int64]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Fitted:
    graph: bytes  # ONNX, as model.task describes it
    temperature: float
    parameters: int


def fitted(known: tuple[Pictures, Targets], aside: tuple[Pictures, Targets], recipe: Recipe, say: Say) -> Fitted:
    """A network fitted on `known` and calibrated on `aside`: pictures [n, 28, 28] and their classes [n]."""
    network = fit(untrained(CHANNELS, 10, recipe.seed), known, aside, VARIATION, recipe, say)
    softened = temperature(outputs(network, aside[0]), aside[1])
    # Of every stage, as the last one sees hardly more than which digit a picture is most like.
    yardstick = measure(stages(network, known[0]), known[1])
    graph = export(network, known[0].shape[1:], softened, yardstick, every_stage=True)
    return Fitted(graph, softened, sum(weight.numel() for weight in network.parameters()))

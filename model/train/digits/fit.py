"""The knobs of the handwritten digits' network, of how they are varied for it, and of its fit."""

from __future__ import annotations

from functools import partial

from model.train.picture.augment import Variation
from model.train.picture.design import Design
from model.train.picture.fit import Recipe
from model.train.picture.network import untrained

DESIGN = Design(
    untrained=partial(untrained, (24, 48, 96), 10),
    vary=Variation(turn=12, shift=0.08, scale=0.12, shear=0.15, warp=0.04, stroke=0.6, gamma=0.2),
    recipe=Recipe(epochs=18, learning_rate=0.1, label_smoothing=0.05),
    quick=Recipe(epochs=1, learning_rate=0.05, batch=16),
)

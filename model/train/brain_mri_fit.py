"""The network of the brain MRI scans, how scans are varied for it, and its fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.image.scan import SIDE
from model.train.brain_mri_graph import both_ways
from model.train.picture.calibrate import temperature
from model.train.picture.export import export
from model.train.picture.fit import Recipe, fit, outputs, stages
from model.train.picture.network import untrained
from model.train.picture.pytorch import nn, torch
from model.train.picture.strangeness import Yardstick, measure
from model.train.picture.vary import Variation

CHANNELS = (16, 48, 96, 192)
STEM, STRIDE = 5, 2  # pixels, of the first convolution: its side, and how far apart its places are
DROPOUT = 0.2
RECIPE = Recipe(epochs=60, learning_rate=0.1, batch=64, label_smoothing=0.05)
QUICK = Recipe(epochs=1, learning_rate=0.05, batch=16)

VARIATION = Variation(turn=20, shift=0.06, scale=0.16, warp=0.02, gamma=0.45, mirror=True)
# The classes come from different sources, so what a source does to a picture must tell nothing.
COARSEST, FINEST = 0.35, 0.9  # share of the resolution that a quarter of each batch is brought down to
NOISE = 0.06  # its highest standard deviation, on another quarter
CONTRAST = 0.25  # up to e^0.25 more or less
BRIGHTNESS = 0.06

Pictures = NDArray[np.uint8]
Targets = NDArray[np.int64]
Seen = NDArray[np.float32]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Fitted:
    graph: bytes  # ONNX, as model.task describes it
    temperature: float
    parameters: int


def fitted(known: tuple[Pictures, Targets], aside: tuple[Pictures, Targets], recipe: Recipe, say: Say) -> Fitted:
    """A network fitted on `known` and calibrated on `aside`: pictures [n, SIDE, SIDE] and their classes [n]."""
    network = fit(_network(recipe.seed), known, aside, vary, recipe, say)
    softened = temperature(_both_ways(outputs, network, aside[0]), aside[1])
    yardstick = _yardstick(_both_ways(stages, network, known[0]), known[1])
    graph = both_ways(export(network, (SIDE, SIDE), softened, yardstick, every_stage=True))
    return Fitted(graph, softened, sum(weight.numel() for weight in network.parameters()))


def _both_ways(see: Callable[[Any, Pictures], Seen], network: Any, pictures: Pictures) -> Seen:
    """As the graph does: what is seen of a picture and of its mirror image, in the mean."""
    mirrored = np.ascontiguousarray(pictures[:, :, ::-1])
    return np.asarray((see(network, pictures) + see(network, mirrored)) / 2)


def _yardstick(seen: Seen, targets: Targets) -> Yardstick:
    """Of all stages but the last, which sees hardly more than which class a picture is most like."""
    yardstick = measure(seen[:, : -CHANNELS[-1]], targets)
    return replace(yardstick, whitening=np.pad(yardstick.whitening, ((0, CHANNELS[-1]), (0, 0))))


def _network(seed: int) -> Any:
    network = untrained(CHANNELS, 4, seed, DROPOUT)
    features, _ = network
    features[0] = nn.Conv2d(1, CHANNELS[0], STEM, stride=STRIDE, padding=STEM // 2, bias=False)
    return network.to(memory_format=torch.channels_last)


def vary(pictures: Any) -> Any:
    """The scans [n, 1, height, width] as another machine, position or file would have shown them."""
    pictures = VARIATION(pictures)
    quarter = len(pictures) // 4
    coarse, noisy, rest = pictures[:quarter], pictures[quarter : 2 * quarter], pictures[2 * quarter :]
    if quarter:
        coarse = _coarse(coarse)
        noisy = noisy + torch.randn_like(noisy) * torch.rand(quarter, 1, 1, 1) * NOISE
    pictures = torch.cat([coarse, noisy, rest])
    return (pictures * torch.exp(_draw(pictures) * CONTRAST) + _draw(pictures) * BRIGHTNESS).clamp(0, 1)


def _coarse(pictures: Any) -> Any:
    side = pictures.shape[-1]
    share = COARSEST + (FINEST - COARSEST) * float(torch.rand(()))
    small = nn.functional.interpolate(pictures, size=2 * [round(share * side)], mode="bilinear", antialias=True)
    return nn.functional.interpolate(small, size=2 * [side], mode="bilinear")


def _draw(pictures: Any) -> Any:
    """Uniform from -1 to 1, one for each picture."""
    return torch.rand(len(pictures), 1, 1, 1) * 2 - 1

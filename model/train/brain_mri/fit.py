"""The knobs of the brain MRI scans' network, of how scans are varied for it, and of its fit."""

from __future__ import annotations

from typing import Any

from model.train.picture.augment import Variation
from model.train.picture.design import Design
from model.train.picture.fit import Recipe
from model.train.picture.network import untrained
from model.train.picture.pytorch import nn, torch

CHANNELS = (16, 48, 96, 192)
STEM, STRIDE = 5, 2  # pixels, of the first convolution: its side, and how far apart its places are
DROPOUT = 0.2

VARIATION = Variation(turn=20, shift=0.06, scale=0.16, warp=0.02, gamma=0.45, mirror=True)
# The classes come from different sources, so what a source does to a picture must tell nothing.
COARSEST, FINEST = 0.35, 0.9  # share of the resolution that a quarter of each batch is brought down to
NOISE = 0.06  # its highest standard deviation, on another quarter
CONTRAST = 0.25  # up to e^0.25 more or less
BRIGHTNESS = 0.06


def network(seed: int) -> Any:
    """As `untrained`, but with a first convolution that is coarser and sees farther."""
    made = untrained(CHANNELS, 4, seed, DROPOUT)
    features, _ = made
    features[0] = nn.Conv2d(1, CHANNELS[0], STEM, stride=STRIDE, padding=STEM // 2, bias=False)
    return made.to(memory_format=torch.channels_last)


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


DESIGN = Design(
    untrained=network,
    vary=vary,
    recipe=Recipe(epochs=60, learning_rate=0.1, batch=64, label_smoothing=0.05),
    quick=Recipe(epochs=1, learning_rate=0.05, batch=16),
    both_ways=True,
    unmeasured=CHANNELS[-1],
)

"""Hyperparameters of the brain MRI model: its network, the augmentation of its scans, and its fit."""

from __future__ import annotations

from typing import Any

from model.train.picture.augment import Augmentation
from model.train.picture.design import Design
from model.train.picture.fit import Recipe
from model.train.picture.network import nn, torch, untrained

CHANNELS = (16, 48, 96, 192)
STEM, STRIDE = 5, 2  # kernel size and stride of the first convolution, in pixels
DROPOUT = 0.2

ROTATE_AND_BEND = Augmentation(rotate=20, shift=0.06, scale=0.16, warp=0.02, gamma=0.45, mirror=True)
# The classes come from different sources, so the traces of a source (resolution, noise, contrast) must say nothing.
COARSEST, FINEST = 0.35, 0.9  # share of the resolution that a quarter of each batch keeps
NOISE = 0.06  # highest standard deviation, on another quarter
CONTRAST = 0.25  # greys are multiplied by e^-0.25 to e^0.25
BRIGHTNESS = 0.06  # up to this much is added or subtracted


def coarse_network(seed: int) -> Any:
    """Return the network of `untrained` with a coarser first convolution that covers a larger area."""
    network = untrained(CHANNELS, 4, seed, DROPOUT)
    features, _ = network
    features[0] = nn.Conv2d(1, CHANNELS[0], STEM, stride=STRIDE, padding=STEM // 2, bias=False)
    return network.to(memory_format=torch.channels_last)


def augment(pictures: Any) -> Any:
    """Return scans [n, 1, height, width] as another scanner, position or file would have shown them."""
    pictures = ROTATE_AND_BEND(pictures)
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
    """Draw one number for each picture, uniformly from -1 to 1."""
    return torch.rand(len(pictures), 1, 1, 1) * 2 - 1


DESIGN = Design(
    untrained=coarse_network,
    augment=augment,
    recipe=Recipe(epochs=60, learning_rate=0.1, batch=64, label_smoothing=0.05),
    quick=Recipe(epochs=1, learning_rate=0.05, batch=16),
    mirrored=True,
    unscored=CHANNELS[-1],
)

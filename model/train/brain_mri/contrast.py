"""Augmentation of greys: the same head in the contrast of another collection, sequence or coil.

In the training data the classes come from different collections and MRI sequences. These changes keep a network from
recognising the collection by its greys.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.train.picture.network import nn, torch

LEVELS = 64  # greys at which a curve is tabulated; straight lines join them

KNOTS = 8  # of a random curve, besides black
DARK = 0.06  # the first knot after black: the background may stay black whatever happens to the head
RISING, FALLING = 0.4, 0.3  # shares of the random curves; the rest rise and fall
BLACK = 0.85  # share of the random curves that keep black

QUANTILES = 17  # of the greys, for matching histograms
SPARSE = 4  # every fourth pixel is enough for these

BIAS = 0.4  # a coil's field multiplies the greys by e^-0.4 to e^0.4 ...
POINTS = 3  # ... smoothly between this many points along each side


def recontrasted(pictures: Any, matched: float, curved: float, biased: float) -> Any:
    """Change the greys of pictures [n, 1, height, width] in 0–1 at random.

    Args:
        pictures: The pictures.
        matched: Share that gets the histogram of another picture.
        curved: Share that gets a random curve: rising, falling (as T2 to T1), or both.
        biased: Share that gets a smooth field.
    """
    pictures = _some(pictures, with_histogram_of_another, matched)
    pictures = _some(pictures, with_random_curve, curved)
    return _some(pictures, with_bias_field, biased)


def with_histogram_of_another(pictures: Any) -> Any:
    """Give each picture the quantiles of greys of another one, drawn at random."""
    ordered = pictures[:, 0, ::SPARSE, ::SPARSE].flatten(1).sort(dim=1).values
    quantiles = ordered[:, torch.linspace(0, ordered.shape[1] - 1, QUANTILES).long()]
    apart = quantiles + torch.linspace(0, 1e-3, QUANTILES)  # many pixels are equal, but knots must differ
    return _mapped(pictures, apart, quantiles[torch.randperm(len(pictures))])


def with_random_curve(pictures: Any) -> Any:
    """Map the greys of each picture by a curve of its own, between the identity and a random one."""
    count = len(pictures)
    knots = torch.cat([torch.tensor([0.0, DARK]), torch.linspace(0, 1, KNOTS)[1:]]).expand(count, -1).contiguous()
    drawn = torch.rand(knots.shape)
    kind, ordered = torch.rand(count, 1), drawn.sort(dim=1).values
    greys = torch.where(kind < RISING, ordered, torch.where(kind < RISING + FALLING, ordered.flip(1), drawn))
    lowest, highest = greys.amin(1, keepdim=True), greys.amax(1, keepdim=True)
    greys = knots + ((greys - lowest) / (highest - lowest) - knots) * torch.rand(count, 1)
    greys[:, :1] *= (torch.rand(count, 1) > BLACK).float()
    return _mapped(pictures, knots, greys)


def with_bias_field(pictures: Any) -> Any:
    field = (torch.rand(len(pictures), 1, POINTS, POINTS) * 2 - 1) * BIAS
    return pictures * nn.functional.interpolate(field, pictures.shape[2:], mode="bicubic", align_corners=True).exp()


def _mapped(pictures: Any, knots: Any, greys: Any) -> Any:
    """Map each picture by the lines through its knots and their greys, both [n, knots]; knots rise."""
    levels = torch.linspace(0, 1, LEVELS).expand(len(pictures), -1).contiguous()
    table = _interpolated(levels, knots, greys)
    place = (pictures.clamp(0, 1) * (LEVELS - 1)).flatten(1)
    below = place.long().clamp(max=LEVELS - 2)
    low, high = table.gather(1, below), table.gather(1, below + 1)
    return (low + (high - low) * (place - below)).view_as(pictures)


def _interpolated(values: Any, knots: Any, greys: Any) -> Any:
    right = torch.searchsorted(knots, values, right=True).clamp(1, knots.shape[1] - 1)
    start, end = knots.gather(1, right - 1), knots.gather(1, right)
    low, high = greys.gather(1, right - 1), greys.gather(1, right)
    return low + (high - low) * ((values - start) / (end - start)).clamp(0, 1)


def _some(pictures: Any, change: Callable[[Any], Any], share: float) -> Any:
    """Change about this share of the pictures."""
    chosen = torch.rand(len(pictures)) < share
    if not bool(chosen.any()):
        return pictures
    pictures = pictures.clone()
    pictures[chosen] = change(pictures[chosen])
    return pictures

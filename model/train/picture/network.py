"""The network: stages of two convolutions, each stage at half the resolution of the one before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from model.train.picture.pytorch import nn, torch


def untrained(channels: Sequence[int], classes: int, seed: int, dropout: float = 0.0) -> Any:
    """A network from [n, 1, height, width] to logits [n, classes].

    It has two parts: the features, [n, channels of the last stage], and the linear layer upon them.
    """
    torch.manual_seed(seed)
    layers: list[Any] = []
    for before, after in pairwise((1, *channels)):
        layers += [*_convolution(before, after), *_convolution(after, after), nn.MaxPool2d(2)]
    features = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout))
    network = nn.Sequential(features, nn.Linear(channels[-1], classes))
    return network.to(memory_format=torch.channels_last)


def _convolution(before: int, after: int) -> tuple[Any, ...]:
    return nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()

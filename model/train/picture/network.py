"""PyTorch, imported once for all training code, and the convolutional network that the picture models use.

Each stage has two convolutions and halves the resolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from model.bundle import BundleError

try:
    import torch
    from torch import nn
except ImportError as error:
    raise BundleError(
        "Training on pictures needs PyTorch: pip install --require-hashes -r requirements-train.lock"
    ) from error

__all__ = ["HALF_PRECISION", "nn", "torch", "untrained"]

# More threads would add up in another order, so that a fit would not come out the same.
torch.use_deterministic_algorithms(True)
torch.set_num_threads(1)

# Whether the processor computes with bfloat16. One that does not takes ten times as long with it: 10.4 s of CPU for a
# step of the brain network on 64 scans, and 1.0 s without (AMD EPYC, Zen 3).
HALF_PRECISION = any(torch.cpu.get_capabilities().get(name, False) for name in ("amx_bf16", "avx512_bf16"))


def untrained(channels: Sequence[int], classes: int, seed: int, dropout: float = 0.0) -> Any:
    """Return a network from pictures [n, 1, height, width] to logits [n, classes].

    It has two parts: the features [n, channels of the last stage], and a linear layer on top of them.
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

"""The fit: batches drawn anew each epoch, varied, and the running mean of the weights as what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.train.picture.pytorch import nn, torch

BATCH = 500  # pictures at a time where nothing is learnt

Pictures = NDArray[np.uint8]
Targets = NDArray[np.int64]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Recipe:
    epochs: int
    learning_rate: float  # at its highest, a third into the fit
    batch: int = 128
    momentum: float = 0.9
    weight_decay: float = 5e-4
    label_smoothing: float = 0.0
    decay: float = 0.998  # of the running mean of the weights, a step; less in the first, when they change fast
    seed: int = 0


def fit(
    network: Any,
    known: tuple[Pictures, Targets],
    held_out: tuple[Pictures, Targets],
    vary: Callable[[Any], Any],
    recipe: Recipe,
    say: Say,
) -> Any:
    """The network fitted on `known`: pictures [n, height, width] and class indices [n].

    What is held out is only looked at, for the lines that `say` gets. On one kind of processor the same arguments
    give the same weights.
    """
    torch.manual_seed(recipe.seed)
    pictures, targets = tensors(known[0]), torch.from_numpy(known[1])
    steps = -(-len(pictures) // recipe.batch)
    optimiser = torch.optim.SGD(
        network.parameters(),
        recipe.learning_rate,
        recipe.momentum,
        weight_decay=recipe.weight_decay,
        nesterov=True,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.learning_rate, total_steps=steps * recipe.epochs, pct_start=0.3, cycle_momentum=False
    )
    mean = torch.optim.swa_utils.AveragedModel(network, avg_fn=_running_mean(recipe.decay), use_buffers=True)
    started = monotonic()
    for epoch in range(1, recipe.epochs + 1):
        network.train()
        losses = 0.0
        for chosen in torch.randperm(len(pictures)).split(recipe.batch):
            optimiser.zero_grad()
            with torch.autocast("cpu", torch.bfloat16):
                logits = network(vary(scaled(pictures[chosen])))
            loss = nn.functional.cross_entropy(logits.float(), targets[chosen], label_smoothing=recipe.label_smoothing)
            loss.backward()
            optimiser.step()
            schedule.step()
            mean.update_parameters(network)
            losses += loss.item() * len(chosen)
        right = (outputs(mean.module, held_out[0]).argmax(axis=1) == held_out[1]).mean()
        left = (monotonic() - started) / epoch * (recipe.epochs - epoch) / 60
        say(
            f"Epoch {epoch} of {recipe.epochs}: loss {losses / len(pictures):.4f}, "
            f"held out {right:.2%}, {left:.1f} minutes left."
        )
    return mean.module.eval()


def _running_mean(decay: float) -> Callable[[Any, Any, Any], Any]:
    def step(mean: Any, weight: Any, steps: Any) -> Any:
        return mean + (weight - mean) * max(1 - decay, 10 / (int(steps) + 10))

    return step


def outputs(network: Any, pictures: Pictures) -> NDArray[np.float32]:
    """What a network, or a part of it, gives for pictures [n, height, width], in single precision."""
    network.eval()
    with torch.no_grad():
        parts = [network(scaled(part)) for part in tensors(pictures).split(BATCH)]
    return np.asarray(torch.cat(parts).numpy())


def stages(network: Any, pictures: Pictures) -> NDArray[np.float32]:
    """What each stage of a network of `untrained` sees, in the mean over the picture: [n, channels of all stages]."""
    ends = [place + 1 for place, layer in enumerate(network[0]) if isinstance(layer, nn.MaxPool2d)]
    parts = [nn.Sequential(*network[0][:end], nn.AdaptiveAvgPool2d(1), nn.Flatten()) for end in ends]
    return np.concatenate([outputs(part, pictures) for part in parts], axis=1)


def tensors(pictures: Pictures) -> Any:
    return torch.from_numpy(pictures).unsqueeze(1)


def scaled(pictures: Any) -> Any:
    """0–1, in the order of memory that convolutions are fastest in."""
    return pictures.float().div(255).contiguous(memory_format=torch.channels_last)

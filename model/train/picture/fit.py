"""Fitting a network: shuffled, augmented batches; the result is the running mean of the weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.train.picture.network import HALF_PRECISION, nn, torch

BATCH = 500  # pictures per forward pass when nothing is learnt

Pictures = NDArray[np.uint8]
Targets = NDArray[np.int64]
Log = Callable[[str], None]
Loss = Callable[[Any, Any, float], Any]  # of logits [n, classes], targets [n] and the label smoothing
Forward = Callable[[Any, Pictures], NDArray[np.float32]]  # a network, and pictures [n, height, width]


@dataclass(frozen=True)
class Recipe:
    epochs: int
    learning_rate: float  # the peak, 30 % into the fit
    batch: int = 128
    momentum: float = 0.9
    weight_decay: float = 5e-4
    label_smoothing: float = 0.0
    decay: float = 0.998  # per step, of the running mean of the weights; lower in the first steps
    seed: int = 0


def cross_entropy(logits: Any, targets: Any, smoothing: float) -> Any:
    return nn.functional.cross_entropy(logits, targets, label_smoothing=smoothing)


def fit(  # noqa: PLR0913 (each is another part of a fit)
    network: Any,
    train: tuple[Pictures, Targets],
    held_out: tuple[Pictures, Targets],
    augment: Callable[[Any], Any],
    recipe: Recipe,
    log: Log,
    *,
    loss_function: Loss = cross_entropy,
) -> Any:
    """Fit the network; on one kind of processor the same arguments give the same weights.

    Args:
        network: The network to fit.
        train: Pictures [n, height, width] and class indices [n].
        held_out: The same; used only for the accuracy that is logged.
        augment: Changes a batch [n, 1, height, width] in 0–1.
        recipe: How to fit.
        log: Gets one line per epoch.
        loss_function: What is minimised.

    Returns:
        The network with the running mean of the weights.
    """
    torch.manual_seed(recipe.seed)
    pictures, targets = tensors(train[0]), torch.from_numpy(train[1])
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
            with torch.autocast("cpu", torch.bfloat16, enabled=HALF_PRECISION):
                logits = network(augment(scaled(pictures[chosen])))
            loss = loss_function(logits.float(), targets[chosen], recipe.label_smoothing)
            loss.backward()
            optimiser.step()
            schedule.step()
            mean.update_parameters(network)
            losses += loss.item() * len(chosen)
        accuracy = (outputs(mean.module, held_out[0]).argmax(axis=1) == held_out[1]).mean()
        minutes_left = (monotonic() - started) / epoch * (recipe.epochs - epoch) / 60
        log(
            f"Epoch {epoch} of {recipe.epochs}: loss {losses / len(pictures):.4f}, "
            f"held out {accuracy:.2%}, {minutes_left:.1f} minutes left."
        )
    return mean.module.eval()


def _running_mean(decay: float) -> Callable[[Any, Any, Any], Any]:
    def step(mean: Any, weight: Any, steps: Any) -> Any:
        return mean + (weight - mean) * max(1 - decay, 10 / (int(steps) + 10))

    return step


def outputs(network: Any, pictures: Pictures) -> NDArray[np.float32]:
    """Return what a network, or a part of one, gives for pictures [n, height, width]."""
    network.eval()
    with torch.no_grad():
        parts = [network(scaled(part)) for part in tensors(pictures).split(BATCH)]
    return np.asarray(torch.cat(parts).numpy())


def stages(network: Any, pictures: Pictures) -> NDArray[np.float32]:
    """Return the features of every stage of an `untrained` network, averaged over the picture.

    The shape is [n, channels of all stages].
    """
    network.eval()
    parts = []
    with torch.no_grad():
        for batch in tensors(pictures).split(BATCH):
            tensor, means = scaled(batch), []
            for layer in network[0]:
                tensor = layer(tensor)
                if isinstance(layer, nn.MaxPool2d):
                    means.append(tensor.mean(dim=(2, 3)))
            parts.append(torch.cat(means, dim=1))
    return np.asarray(torch.cat(parts).numpy())


def mirror_averaged(forward: Forward) -> Forward:
    """Return `forward` averaged over a picture and its mirror image, as a mirror-averaging graph computes it."""

    def averaged(network: Any, pictures: Pictures) -> NDArray[np.float32]:
        mirrored = np.ascontiguousarray(pictures[:, :, ::-1])
        return np.asarray((forward(network, pictures) + forward(network, mirrored)) / 2)

    return averaged


def tensors(pictures: Pictures) -> Any:
    return torch.from_numpy(pictures).unsqueeze(1)


def scaled(pictures: Any) -> Any:
    """Scale to 0–1, in the memory layout in which convolutions are fastest."""
    return pictures.float().div(255).contiguous(memory_format=torch.channels_last)

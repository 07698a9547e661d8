"""A model's design, and the steps from it to a graph: fit → calibrate → export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from model.train.picture.calibrate import fit_detector, temperature
from model.train.picture.fit import Log, Loss, Recipe, cross_entropy, fit, mirror_averaged, outputs, stages
from model.train.picture.fitted import Examples, Fitted, Pictures
from model.train.picture.onnx import average_over_mirror, export


@dataclass(frozen=True)
class Design:
    """The network of a model and how it is fitted.

    Attributes:
        untrained: Makes the network from a seed.
        augment: Changes a batch [n, 1, height, width] in 0–1 at random.
        recipe: How the network is fitted.
        quick: A recipe for a test run.
        mirrored: Whether predictions are averaged over a picture and its mirror image.
        unscored: How many of the last channels, counted over all stages, the out-of-distribution score ignores.
        loss: What the fit minimises; a target that is no class needs one of its own.
    """

    untrained: Callable[[int], Any]
    augment: Callable[[Any], Any]
    recipe: Recipe
    quick: Recipe
    mirrored: bool = False
    unscored: int = 0
    loss: Loss = cross_entropy


@dataclass(frozen=True)
class Additions:
    """What a network is fitted on besides the data.

    Attributes:
        examples: Further pictures of the classes.
        outliers: Pictures of something else, [n, height, width]; for these the network needs one class more.
    """

    examples: Examples
    outliers: Pictures


def build(
    design: Design,
    recipe: Recipe,
    train: Examples,
    calibration: Examples,
    log: Log,
    additions: Additions | None = None,
) -> Fitted:
    """Fit the network on `train` and the additions, calibrate it on `calibration`, and export it.

    For the out-of-distribution score, each target of `train` is a class of its own, also one that is no class.
    """
    known, shown = train, train
    if additions:
        known = _joined(train, additions.examples)
        outlier = int(known[1].max()) + 1
        shown = _joined(known, (additions.outliers, np.full(len(additions.outliers), outlier)))
    network = fit(
        design.untrained(recipe.seed), shown, calibration, design.augment, recipe, log, loss_function=design.loss
    )
    logits, features = (mirror_averaged(forward) if design.mirrored else forward for forward in (outputs, stages))
    answers = logits(network, calibration[0])
    divisor = temperature(answers[:, :-1] if additions else answers, calibration[1])
    # Features of every stage: those of the last one say little more than which class is the nearest.
    detector = fit_detector(features(network, known[0]), known[1], design.unscored)
    graph = export(network, train[0].shape[1:], divisor, detector, outliers=additions is not None)
    graph = average_over_mirror(graph) if design.mirrored else graph
    parameters = sum(int(weight.numel()) for weight in network.parameters())
    return Fitted(graph, parameters, divisor, asdict(recipe), train, calibration)


def _joined(first: Examples, second: Examples) -> Examples:
    return np.concatenate([first[0], second[0]]), np.concatenate([first[1], second[1]])

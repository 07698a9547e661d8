"""A model's design, and the steps from it to a graph: fit → calibrate → export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.train.picture.calibrate import fit_detector, fit_outlier_head, temperature
from model.train.picture.fit import Log, Loss, Recipe, cross_entropy, fit, mirror_averaged, outputs, stages
from model.train.picture.fitted import Examples, Fitted, Pictures
from model.train.picture.onnx import average_over_mirror, export

FOREIGN_WEIGHT = 5  # a foreign picture of the data counts as much as so many other outliers: it is a real one


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
        foreign: Which pictures of the data show something else than their label says, [n]. If it is given, the score
            takes these for outliers, and a regression on the fitted network's features adds to it, in the place of the
            network's last class.
    """

    examples: Examples
    outliers: Pictures
    foreign: NDArray[np.bool_] | None = None


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
    described, head = features(network, known[0]), None
    usual = np.ones(len(described), np.bool_)
    if additions and additions.foreign is not None:
        usual[: len(train[1])] = ~additions.foreign
        last = -network[1].in_features  # the features of the last stage come last
        drawn, held_out = (features(network, pictures)[:, last:] for pictures in (additions.outliers, calibration[0]))
        outliers = np.concatenate([drawn, *[described[~usual, last:]] * FOREIGN_WEIGHT])
        head = fit_outlier_head(described[usual, last:], outliers, held_out)
    detector = fit_detector(described[usual], known[1][usual], design.unscored)
    graph = export(network, train[0].shape[1:], divisor, detector, outliers=additions is not None, head=head)
    graph = average_over_mirror(graph) if design.mirrored else graph
    parameters = sum(int(weight.numel()) for weight in network.parameters())
    return Fitted(graph, parameters, divisor, asdict(recipe), train, calibration)


def _joined(first: Examples, second: Examples) -> Examples:
    return np.concatenate([first[0], second[0]]), np.concatenate([first[1], second[1]])

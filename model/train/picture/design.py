"""What the network of a model is and how it is fitted, and the way to its graph: fit → calibrate → measure → export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from model.train.picture.both_ways import graph_both_ways, seen_both_ways
from model.train.picture.calibrate import temperature
from model.train.picture.fit import Recipe, Say, fit, outputs, stages
from model.train.picture.fitted import Examples, Fitted
from model.train.picture.onnx import export
from model.train.picture.strangeness import measure


@dataclass(frozen=True)
class Design:
    untrained: Callable[[int], Any]  # a seed → the network
    vary: Callable[[Any], Any]  # pictures [n, 1, height, width] in 0–1 → as they could have been as well
    recipe: Recipe
    quick: Recipe  # to see that it works
    both_ways: bool = False  # it looks at the mirror image as well
    unmeasured: int = 0  # of the channels of all stages, the last that strangeness leaves out


def fitted(design: Design, recipe: Recipe, known: Examples, aside: Examples, say: Say) -> Fitted:
    """A network fitted on `known` and calibrated on `aside`."""
    network = fit(design.untrained(recipe.seed), known, aside, design.vary, recipe, say)
    answered, seen = (seen_both_ways(see) if design.both_ways else see for see in (outputs, stages))
    softened = temperature(answered(network, aside[0]), aside[1])
    # Of every stage, as the last one sees hardly more than which class a picture is most like.
    yardstick = measure(seen(network, known[0]), known[1], design.unmeasured)
    graph = export(network, known[0].shape[1:], softened, yardstick, every_stage=True)
    graph = graph_both_ways(graph) if design.both_ways else graph
    return Fitted(graph, sum(map(_size, network.parameters())), softened, asdict(recipe), known, aside)


def _size(weight: Any) -> int:
    return int(weight.numel())

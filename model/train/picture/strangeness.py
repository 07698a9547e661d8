"""The parts of the out-of-distribution score, as nodes of the graph that the server runs."""

from __future__ import annotations

import numpy as np

from model.train.picture.calibrate import HEAD_WEIGHT, OUTLIER_MARGIN, OUTLIER_WEIGHT, MahalanobisDetector, OutlierHead
from model.train.picture.graph import Graph


def distance(graph: Graph, features: str, detector: MahalanobisDetector, output: str) -> str:
    """Return the distance of features [n, channels] to the nearest class, [n], as a tensor of this name."""
    whitened = graph.node("MatMul", features, graph.weight(detector.whitening))
    apart = graph.node(
        "Sub", graph.node("Unsqueeze", whitened, graph.weight([1], np.int64)), graph.weight(detector.centres)
    )
    distances = graph.node("ReduceL2", apart, graph.weight([2], np.int64), keepdims=0)
    return graph.node("ReduceMin", distances, graph.weight([1], np.int64), output=output, keepdims=0)


def head_excess(graph: Graph, features: str, head: OutlierHead) -> str:
    """Return what the head adds to the score, [n]."""
    odds = graph.node("Gemm", features, graph.weight(head.weights[:, np.newaxis]), graph.weight([head.bias]))
    excess = graph.node("Mul", graph.node("Relu", odds), graph.weight(HEAD_WEIGHT))
    return graph.node("Squeeze", excess, graph.weight([1], np.int64))


def outlier_excess(graph: Graph, logits: str, other: str) -> str:
    """Return by how much the log-odds of the class for everything else exceed the margin, weighted, [n]."""
    axis = graph.weight([1], np.int64)
    odds = graph.node("Sub", other, graph.node("ReduceLogSumExp", logits, axis))
    excess = graph.node("Relu", graph.node("Sub", odds, graph.weight(OUTLIER_MARGIN)))
    return graph.node("Mul", graph.node("Squeeze", excess, axis), graph.weight(OUTLIER_WEIGHT))

"""Runs a network on numbers computed as its training does, and compares the served graph with that."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from model.bring import network_output
from model.bring.network_graph import INPUT, LABEL, PROBABILITIES
from model.bring.network_input import NetworkInput
from model.bring.network_output import Kind
from model.bring.preprocessing import Numbers
from model.bundle import BundleError

CLOSE = 1e-4  # by how much probabilities of the served graph may differ from the network's own

_PIXELS_PER_RUN = 1 << 18
_PROBES = 4  # pictures of noise
_TIMED = 5  # runs

Array = NDArray[Any]


class Network:
    """The network as it was exported, asked about plain pictures.

    Args:
        model: The network.
        taken: What it takes.
        numbers: The numbers that it takes.
        bgr: Whether it takes blue, green and red.
    """

    def __init__(self, model: onnx.ModelProto, taken: NetworkInput, numbers: Numbers, bgr: bool) -> None:
        self._session = network_output.session(model.SerializeToString())
        self._names = [node.name for node in self._session.get_outputs() if node.type.startswith("tensor")]
        self._taken, self._numbers, self._bgr = taken, numbers, bgr
        shape = (_PROBES, taken.height, taken.width, taken.channels)
        noise = np.random.default_rng(0).integers(0, 256, shape).astype(np.float32) / np.float32(255)
        self.probes = noise.reshape(_PROBES, *(shape[1:] if taken.channels > 1 else shape[1:3]))

    def outputs(self, pictures: Array) -> Mapping[str, Array]:
        """Return the network's outputs for pictures, each asked alone. Raises BundleError."""
        each = [self._run(picture[None]) for picture in pictures]
        return {name: np.concatenate(parts) for name, parts in zip(self._names, zip(*each, strict=True), strict=True)}

    def takes_several(self) -> bool:
        """Return whether the network answers two pictures together as it answers each alone."""
        if self._taken.one_by_one:
            return False
        alone = self.outputs(self.probes[:2])
        try:
            together = self._run(self.probes[:2])
        except BundleError:  # a batch of one is written somewhere in the graph
            return False
        return all(
            array.shape == alone[name].shape and np.allclose(array, alone[name], rtol=1e-3, atol=CLOSE)
            for name, array in zip(self._names, together, strict=True)
        )

    def _run(self, pictures: Array) -> list[Array]:
        fed = as_trained(pictures, self._taken, self._numbers, self._bgr)
        return network_output.run(self._session, self._names, {self._taken.name: fed})


def as_trained(pictures: Array, taken: NetworkInput, numbers: Numbers, bgr: bool) -> Array:
    """Return what the network takes for pictures [n, *Picture.shape] from 0 to 1."""
    values = pictures.reshape(-1, taken.height, taken.width, taken.channels)
    if bgr and taken.channels > 1:
        values = values[..., [2, 1, 0, *range(3, taken.channels)]]
    mean, std = (np.array(each, np.float32) for each in (numbers.mean, numbers.std))
    values = (values * np.float32(numbers.white) - mean) / std
    if taken.layout == "NCHW":
        values = values.transpose(0, 3, 1, 2)
    if taken.dtype.kind == "u":
        values = np.rint(values)
    return np.ascontiguousarray(values.reshape(-1, *taken.shape), taken.dtype)


def probabilities(returned: Array, kind: Kind) -> NDArray[np.float64]:
    """Return the probabilities [n, classes] that the scores returned stand for."""
    scores: NDArray[np.float64] = returned.reshape(len(returned), -1).astype(np.float64)
    match kind:
        case "logits":
            powers = np.exp(scores - scores.max(axis=1, keepdims=True))
            shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
            return shares
        case "logarithms":
            scores = np.exp(scores)
        case "one logit":
            scores = 1 / (1 + np.exp(-scores))
    return np.hstack([1 - scores, scores]) if kind.startswith("one ") else scores


class ServedGraph:
    """The graph that is served.

    Args:
        content: Its bytes.
        one_by_one: Whether it takes one picture per run.
    """

    def __init__(self, content: bytes, one_by_one: bool) -> None:
        self._session = network_output.session(content)
        self._one_by_one = one_by_one
        self._names = [node.name for node in self._session.get_outputs()]

    def outputs(self, pictures: Array) -> Mapping[str, Array]:
        """Return label, probabilities and, if the graph has it, strangeness of pictures. Raises BundleError."""
        pixels = int(np.prod(pictures.shape[1:3]))
        step = 1 if self._one_by_one else max(1, _PIXELS_PER_RUN // pixels)
        parts = [
            network_output.run(self._session, self._names, {INPUT: pictures[start : start + step]})
            for start in range(0, len(pictures), step)
        ]
        return {
            name: np.concatenate(arrays) for name, arrays in zip(self._names, zip(*parts, strict=True), strict=True)
        }

    def milliseconds(self, picture: Array) -> float:
        """Return how long one picture takes on one core."""
        began = perf_counter()
        for _ in range(_TIMED):
            self.outputs(picture[None])
        return round(1000 * (perf_counter() - began) / _TIMED, 3)


def compare(served: Mapping[str, Array], own: Array, kind: Kind) -> float:
    """Return the largest difference of the served probabilities from the network's own. Raises BundleError."""
    expected = probabilities(own, kind)
    difference = float(np.abs(served[PROBABILITIES] - expected).max())
    if not difference <= CLOSE:  # written so that NaN is refused too
        raise BundleError(f"The served graph gives other probabilities than the network, by up to {difference:.2g}.")
    places = np.arange(len(expected))
    if (expected[places, served[LABEL]] < expected.max(axis=1) - CLOSE).any():
        raise BundleError("The served graph gives other labels than the network.")
    return difference

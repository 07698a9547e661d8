"""A network that is fitted, as the graph that is served, and what it was fitted on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.uint8]
Classes = NDArray[np.int64]
Examples = tuple[Pictures, Classes]
"""Pictures [n, height, width] and their classes [n]."""


@dataclass(frozen=True)
class Fitted:
    graph: bytes  # ONNX, as model.task describes it
    parameters: int
    temperature: float
    recipe: Mapping[str, Any]
    known: Examples
    aside: Examples  # that the temperature and the bound of strangeness are set by

    @property
    def told(self) -> dict[str, Any]:
        """What the card says of the fit."""
        return {
            "known": len(self.known[1]),
            "aside": len(self.aside[1]),
            "parameters": self.parameters,
            "temperature": round(self.temperature, 4),
            **self.recipe,
        }

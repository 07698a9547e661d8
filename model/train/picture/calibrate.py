"""Temperature: what the logits are divided by, so that a stated probability is the share that comes true."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.train.picture.pytorch import nn, torch

LOWEST, HIGHEST = 0.1, 10.0


def temperature(logits: NDArray[np.float32], targets: NDArray[np.int64]) -> float:
    """The one of the highest likelihood on held-out logits [n, classes] and class indices [n]."""
    held, classes = torch.from_numpy(logits).double(), torch.from_numpy(targets)
    logarithm = torch.zeros((), dtype=torch.double, requires_grad=True)
    optimiser = torch.optim.LBFGS([logarithm], max_iter=50, line_search_fn="strong_wolfe")

    def surprise() -> Any:
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(held / logarithm.exp(), classes)
        loss.backward()
        return loss

    optimiser.step(surprise)
    return float(logarithm.detach().exp().clamp(LOWEST, HIGHEST))

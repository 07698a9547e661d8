"""The loss of labels that leave several classes open, as "a tumour" does when the kinds of tumour are the classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from model.train.picture.fit import Loss
from model.train.picture.network import torch


def weak_cross_entropy(meanings: Sequence[Sequence[int]], classes: int) -> Loss:
    """Return the cross-entropy in which the probability of a target is the sum over the classes that it may be.

    Args:
        meanings: For each target, the classes that it may be.
        classes: How many classes there are.
    """
    excluded = torch.ones(len(meanings), classes, dtype=torch.bool)
    for target, possible in enumerate(meanings):
        excluded[target, list(possible)] = False

    def loss(logits: Any, targets: Any, smoothing: float) -> Any:
        logarithms = logits.log_softmax(dim=1)
        possible = logarithms.masked_fill(excluded[targets], -torch.inf).logsumexp(dim=1)
        return -((1 - smoothing) * possible + smoothing * logarithms.mean(dim=1)).mean()

    return loss

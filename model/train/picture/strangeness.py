"""How far a picture is from those of the training: Mahalanobis distance of its features to the nearest class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RIDGE = 1e-3  # share of the mean variance that is added to each: features that never varied would explode

Array = NDArray[Any]


@dataclass(frozen=True)
class Yardstick:
    """The distance is |features · whitening - centre| to the nearest of the centres."""

    whitening: NDArray[np.float32]  # [features, features]
    centres: NDArray[np.float32]  # [classes, features], whitened


def measure(features: Array, targets: Array) -> Yardstick:
    """The yardstick of training features [n, features] and class indices [n]: one covariance for all classes."""
    features = features.astype(np.float64)
    means = np.stack([features[targets == place].mean(axis=0) for place in np.unique(targets)])
    covariance = np.cov(features - means[targets], rowvar=False)
    covariance += np.eye(len(covariance)) * RIDGE * np.trace(covariance) / len(covariance)
    values, vectors = np.linalg.eigh(covariance)
    whitening = vectors / np.sqrt(values)
    return Yardstick(whitening.astype(np.float32), (means @ whitening).astype(np.float32))

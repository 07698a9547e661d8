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

    whitening: NDArray[np.float32]  # [features, features that count]
    centres: NDArray[np.float32]  # [classes, features that count], whitened


def measure(features: Array, targets: Array, left_out: int = 0) -> Yardstick:
    """The yardstick of training features [n, features] and class indices [n]: one covariance for all classes.

    The last features, so many as are left out, count nothing.
    """
    features = features[:, : features.shape[1] - left_out].astype(np.float64)
    means = np.stack([features[targets == place].mean(axis=0) for place in np.unique(targets)])
    covariance = np.cov(features - means[targets], rowvar=False)
    covariance += np.eye(len(covariance)) * RIDGE * np.trace(covariance) / len(covariance)
    values, vectors = np.linalg.eigh(covariance)
    whitening = vectors / np.sqrt(values)
    centres = (means @ whitening).astype(np.float32)
    return Yardstick(np.pad(whitening.astype(np.float32), ((0, left_out), (0, 0))), centres)

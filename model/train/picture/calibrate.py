"""Calibration of a fitted network: the temperature of its probabilities, and its out-of-distribution score.

The score is the Mahalanobis distance of a picture's features to the nearest class mean of the training pictures
(Lee et al., 2018, https://arxiv.org/abs/1807.03888). A network may also have been shown pictures of something else, as
one more class (outlier exposure: Hendrycks et al., 2019, https://arxiv.org/abs/1812.04606). Then the log-odds of that
class, above OUTLIER_MARGIN, are added OUTLIER_WEIGHT times; or a logistic regression on the last features tells these
pictures apart after the fit, and its log-odds are added. The graph's output for the score is called `strangeness`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

OUTLIER_MARGIN = -12.0  # the log-odds of digits are about -14, those of letters above -5
OUTLIER_WEIGHT = 1.2  # the distances of digits are about 12 to 20
HEAD_WEIGHT = 5.0  # the same for log-odds of a regression: of CT about 2 to 9, and the distances of scans 10 to 20
HEAD_USUAL = 0.99  # share of the calibration pictures to whose distance a regression adds nothing
HEAD_PENALTY = 10.0  # on its squared weights, times a half: the inverse of what scikit-learn calls C
LOWEST, HIGHEST = 0.1, 10.0  # bounds of the temperature
RIDGE = 1e-3  # share of the mean variance that is added to each: features that never vary would explode otherwise

Array = NDArray[Any]


@dataclass(frozen=True)
class MahalanobisDetector:
    """The score of a picture is the smallest |features · whitening - centre| over the centres."""

    whitening: NDArray[np.float32]  # [features, features that count]
    centres: NDArray[np.float32]  # [classes, features that count], whitened


def fit_detector(features: Array, targets: Array, left_out: int = 0) -> MahalanobisDetector:
    """Fit a detector with one covariance for all classes.

    Args:
        features: Training features [n, features].
        targets: Class indices [n].
        left_out: How many of the last features are ignored.
    """
    features = features[:, : features.shape[1] - left_out].astype(np.float64)
    found, places = np.unique(targets, return_inverse=True)
    means = np.stack([features[targets == target].mean(axis=0) for target in found])
    covariance = np.cov(features - means[places], rowvar=False)
    covariance += np.eye(len(covariance)) * RIDGE * np.trace(covariance) / len(covariance)
    values, vectors = np.linalg.eigh(covariance)
    whitening = vectors / np.sqrt(values)
    centres = (means @ whitening).astype(np.float32)
    return MahalanobisDetector(np.pad(whitening.astype(np.float32), ((0, left_out), (0, 0))), centres)


@dataclass(frozen=True)
class OutlierHead:
    """What is added to the distance: HEAD_WEIGHT times features · weights + bias, if that is positive."""

    weights: NDArray[np.float32]  # [last features]
    bias: float


def fit_outlier_head(known: Array, outliers: Array, calibration: Array) -> OutlierHead:
    """Fit a linear head that separates pictures of something else from those of the classes.

    Args:
        known: The last features of pictures of the classes [n, last features].
        outliers: Those of pictures of something else, in the same form.
        calibration: Those of pictures of the classes that the network was not fitted on.
    """
    features = np.concatenate([known, outliers]).astype(np.float64)
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-6
    is_outlier = np.repeat([False, True], [len(known), len(outliers)])
    fitted = LogisticRegression(C=1 / HEAD_PENALTY, max_iter=1000).fit((features - mean) / deviation, is_outlier)
    weights = fitted.coef_[0] / deviation
    return OutlierHead(weights.astype(np.float32), -float(np.quantile(calibration @ weights, HEAD_USUAL)))


def temperature(logits: NDArray[np.float32], targets: NDArray[np.int64]) -> float:
    """Return what logits are divided by so that a stated probability is the share that comes true.

    It maximises the likelihood of held-out logits [n, classes] with class indices [n].
    """
    from model.train.picture.network import nn, torch  # noqa: PLC0415 (the detector does without PyTorch)

    held_out, classes = torch.from_numpy(logits).double(), torch.from_numpy(targets)
    logarithm = torch.zeros((), dtype=torch.double, requires_grad=True)
    optimiser = torch.optim.LBFGS([logarithm], max_iter=50, line_search_fn="strong_wolfe")

    def negative_log_likelihood() -> Any:
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(held_out / logarithm.exp(), classes)
        loss.backward()
        return loss

    optimiser.step(negative_log_likelihood)
    return float(logarithm.detach().exp().clamp(LOWEST, HIGHEST))

"""The out-of-distribution score and the temperature do what their formulas say."""

import numpy as np
import pytest

from model.train.picture.calibrate import HEAD_USUAL, fit_detector, fit_outlier_head

pytestmark = pytest.mark.slow


def test_the_score_is_relative_to_the_spread_of_the_classes() -> None:
    random = np.random.default_rng(0)
    targets = np.repeat([0, 1], 500)
    features = random.normal(0, [10, 0.1], (1000, 2)) + targets[:, None] * [0, 5]
    detector = fit_detector(features.astype(np.float32), targets)

    def score(point: list[float]) -> float:
        return float(np.linalg.norm(np.array(point) @ detector.whitening - detector.centres, axis=1).min())

    assert score([0, 0]) < 0.2
    assert score([0, 5]) < 0.2
    assert score([10, 0]) == pytest.approx(1, abs=0.1)
    assert score([0, 2.5]) > 5


def test_the_last_features_can_be_left_out_of_the_fit_detector() -> None:
    features = np.random.default_rng(0).normal(0, 1, (100, 5)).astype(np.float32)
    targets = np.arange(100) % 2
    detector, shorter = fit_detector(features, targets, left_out=2), fit_detector(features[:, :3], targets)
    assert np.allclose(features @ detector.whitening, features[:, :3] @ shorter.whitening, atol=1e-6)
    assert np.array_equal(detector.centres, shorter.centres)


def test_a_feature_that_never_varies_is_no_fit_detector() -> None:
    features = np.random.default_rng(0).normal(0, 1, (100, 3)).astype(np.float32)
    features[:, 2] = 0
    detector = fit_detector(features, np.zeros(100, np.int64))
    assert np.isfinite(detector.whitening).all()


def test_a_head_adds_to_the_score_of_outliers_and_hardly_to_that_of_others() -> None:
    random = np.random.default_rng(0)
    known, calibration, outliers = (random.normal(mean, [1, 50], (400, 2)) for mean in ([0, 0], [0, 0], [6, 0]))
    head = fit_outlier_head(known, outliers, calibration)
    odds = [features @ head.weights + head.bias for features in (calibration, outliers)]
    assert np.mean(odds[0] <= 0) == pytest.approx(HEAD_USUAL, abs=0.005)
    assert np.mean(odds[1] > 0) > 0.98
    assert head.weights.dtype == np.float32


@pytest.mark.parametrize("true", [0.5, 2.0])
def test_the_temperature_calibrates_probabilities(true: float) -> None:
    from model.train.picture.calibrate import temperature

    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (20_000, 3)).astype(np.float32)
    chances = np.exp(logits / true)
    chances /= chances.sum(axis=1, keepdims=True)
    targets = (random.random((20_000, 1)) > chances.cumsum(axis=1)).sum(axis=1)
    assert temperature(logits, targets) == pytest.approx(true, rel=0.1)


def test_the_temperature_has_bounds() -> None:
    from model.train.picture.calibrate import HIGHEST, LOWEST, temperature

    logits = np.array([[1, 0], [0, 1]], np.float32)
    assert temperature(logits, np.array([0, 1])) == LOWEST
    assert temperature(logits, np.array([1, 0])) == HIGHEST

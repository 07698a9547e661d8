import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from model.train.metrics import classification_figures, regression_figures

BINARY = np.array([0, 1])


def test_binary_figures_match_hand_counts() -> None:
    truth, predicted = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 0])
    figures = classification_figures(truth, predicted, None, BINARY)
    assert figures["accuracy"] == 0.6
    assert figures["confusion_matrix"]["counts"] == [[2, 1], [1, 1]]
    assert (figures["sensitivity"], figures["specificity"]) == (0.5, pytest.approx(2 / 3, abs=1e-6))
    assert "brier" not in figures


def test_probability_figures_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    positive = rng.random(500)
    truth = (rng.random(500) < positive).astype(int)
    probabilities = np.column_stack([1 - positive, positive])
    figures = classification_figures(truth, probabilities.argmax(axis=1), probabilities, BINARY)
    assert figures["brier"] == pytest.approx(brier_score_loss(truth, positive), abs=1e-6)
    assert figures["roc_auc"] == pytest.approx(roc_auc_score(truth, positive), abs=1e-6)
    assert sum(part["rows"] for part in figures["reliability"]) == 500
    assert figures["expected_calibration_error"] < 0.06


def test_calibration_error_matches_hand_count() -> None:
    # Ten rows with a probability of 0.95, of which eight are correct: off by 0.15.
    truth = np.array([1] * 8 + [0] * 2)
    figures = classification_figures(truth, np.ones(10, dtype=int), np.tile([0.05, 0.95], (10, 1)), BINARY)
    assert figures["expected_calibration_error"] == pytest.approx(0.15)
    assert figures["reliability"] == [
        {"from": 0.9, "to": 1.0, "rows": 10, "mean_probability": 0.95, "observed_share": 0.8}
    ]


def test_a_probability_of_one_falls_in_the_last_bin() -> None:
    certain = np.array([[0.0, 1.0], [1.0, 0.0]])
    figures = classification_figures(np.array([1, 0]), np.array([1, 0]), certain, BINARY)
    assert [(part["from"], part["to"]) for part in figures["reliability"]] == [(0.0, 0.1), (0.9, 1.0)]
    assert (figures["brier"], figures["expected_calibration_error"], figures["roc_auc"]) == (0, 0, 1)


def test_three_classes_have_no_sensitivity() -> None:
    truth = np.array([0, 1, 2, 2])
    probabilities = np.array([[0.8, 0.1, 0.1], [0.2, 0.6, 0.2], [0.1, 0.1, 0.8], [0.5, 0.4, 0.1]])
    figures = classification_figures(truth, probabilities.argmax(axis=1), probabilities, np.arange(3))
    assert figures["accuracy"] == 0.75
    assert figures["brier"] == pytest.approx((0.06 + 0.24 + 0.06 + 1.22) / 4)
    assert "sensitivity" not in figures
    assert 0.5 < figures["roc_auc"] < 1


def test_a_class_without_rows_omits_only_roc_auc() -> None:
    figures = classification_figures(np.array([0, 0]), np.array([0, 0]), np.array([[0.9, 0.1], [0.8, 0.2]]), BINARY)
    assert "roc_auc" not in figures
    assert (figures["sensitivity"], figures["specificity"]) == (None, 1)


def test_regression_figures_match_hand_counts() -> None:
    figures = regression_figures(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 5.0]))
    assert figures["mean_absolute_error"] == pytest.approx(2 / 3, abs=1e-6)
    assert figures["root_mean_squared_error"] == pytest.approx((4 / 3) ** 0.5, abs=1e-6)
    assert figures["r2"] == -1

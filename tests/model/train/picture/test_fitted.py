import numpy as np
import pytest

from model.train.picture.evaluate import Predictions
from model.train.picture.fitted import Fitted, training_statistics

PICTURES = np.array([0, 0, 255, 255], np.uint8).repeat(6).reshape(4, 2, 3)
NETWORK = Fitted(
    graph=b"",
    parameters=7,
    temperature=1.23456,
    recipe={"epochs": 3, "seed": 0},
    train=(PICTURES, np.array([0, 0, 1, 1])),
    calibration=(PICTURES[:1], np.array([0])),
)


def light(pictures: np.ndarray) -> Predictions:
    """Predict 1 for white pictures."""
    labels = (pictures.mean(axis=(1, 2)) == 1).astype(np.int64)
    return Predictions(labels, np.eye(2)[labels], np.zeros(len(labels)))


def test_summary_describes_the_fit() -> None:
    assert list(NETWORK.summary.items()) == [
        ("train", 4),
        ("calibration", 1),
        ("parameters", 7),
        ("temperature", 1.2346),
        ("epochs", 3),
        ("seed", 0),
    ]


def test_statistics_are_of_training_pictures_but_scores_of_calibration_pictures() -> None:
    statistics = training_statistics(NETWORK, light, np.arange(11.0), ("black", "white"))
    assert statistics["rows"] == 4
    assert statistics["target"]["categories"] == statistics["answers"]["categories"] == {"black": 2, "white": 2}
    assert statistics["strangeness"]["count"] == 11
    assert statistics["strangeness"]["deciles"] == pytest.approx([1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert statistics["strangeness"]["counts"] == [1] * 11
    assert statistics["pixels"] == {"mean": 0.5, "sd": 0.5}

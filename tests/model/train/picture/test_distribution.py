import numpy as np
import pytest

from model.train.picture.distribution import distribution
from model.train.picture.evaluate import Answers
from model.train.picture.fitted import Fitted

PICTURES = np.array([0, 0, 255, 255], np.uint8).repeat(6).reshape(4, 2, 3)
NETWORK = Fitted(
    graph=b"",
    parameters=7,
    temperature=1.23456,
    recipe={"epochs": 3, "seed": 0},
    known=(PICTURES, np.array([0, 0, 1, 1])),
    aside=(PICTURES[:1], np.array([0])),
)


def light(pictures: np.ndarray) -> Answers:
    """A model that says 1 of what is white."""
    labels = (pictures.mean(axis=(1, 2)) == 1).astype(np.int64)
    return Answers(labels, np.eye(2)[labels], np.zeros(len(labels)))


def test_the_card_tells_the_fit() -> None:
    assert list(NETWORK.told.items()) == [
        ("known", 4),
        ("aside", 1),
        ("parameters", 7),
        ("temperature", 1.2346),
        ("epochs", 3),
        ("seed", 0),
    ]


def test_the_distribution_is_of_what_was_fitted_on_and_the_strangeness_of_what_was_not() -> None:
    made = distribution(NETWORK, light, np.arange(11.0), ("black", "white"))
    assert made["rows"] == 4
    assert made["target"]["categories"] == made["answers"]["categories"] == {"black": 2, "white": 2}
    assert made["strangeness"] == {"count": 11, "deciles": pytest.approx([1, 2, 3, 4, 5, 6, 7, 8, 9])}
    assert made["pixels"] == {"mean": 0.5, "sd": 0.5}

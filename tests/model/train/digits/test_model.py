import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model import bundle
from model.bundle import Bundle
from model.image import digit
from model.show import readable
from model.train import datasets
from model.train.datasets import Mnist
from model.train.digits import evaluate, model, variants
from model.train.digits.card import TO_BEAT, shortfalls
from model.train.picture.evaluate import asker

SHIPPED = Path(model.__file__).parents[2] / "bundles" / "digits"
GOAL = 0.995


def drawn() -> Mnist:
    """A hundred printed digits, to train and to test, as MNIST has them."""
    pictures, labels = variants.printed()
    images = np.stack([np.round(digit.prepare(picture)[0] * 255).astype(np.uint8) for picture in pictures])
    return Mnist(images.repeat(3, axis=0), labels.repeat(3), images, labels)


def scan() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.tri(150, 130, dtype=np.uint8) * 200).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A quick run on printed digits."""
    said: list[str] = []
    made = model.made(tmp_path_factory.mktemp("bundles") / "digits", drawn(), [scan()], said.append, quick=True)
    assert said[0] == "Data: 285 images to fit on, 15 to calibrate on, 100 to judge."
    return made


@pytest.mark.slow
def test_a_quick_run_makes_a_bundle_that_is_served(made: Bundle) -> None:
    task = made.task
    assert (task.name, task.classes, task.labels) == ("digits", tuple(range(10)), model.LABELS)
    assert task.picture is not None
    assert (task.picture.transform, task.picture.height, task.picture.width) == ("digit", 28, 28)
    answers = asker(made.onnx)(drawn().test_images / 255)
    assert answers.probabilities.shape == (100, 10)
    assert np.allclose(answers.probabilities.sum(axis=1), 1, atol=1e-5)
    assert (answers.labels == drawn().test_labels).mean() == pytest.approx(made.card["metrics"]["test"]["accuracy"])


@pytest.mark.slow
def test_its_card_and_statistics_say_what_it_was_tried_on(made: Bundle) -> None:
    card = made.card
    assert set(card["robustness"]) == {*variants.COPIES, "printed"}
    assert set(card["strange"]) == {"test_images", "letters", "noise", "photographs", "brain_scans", "blank"}
    assert all(0 <= figures["accuracy"] <= 1 for figures in card["robustness"].values())
    assert set(card["milliseconds"]) == {"graph", "graph_among_100", "prepare_a_photograph"}
    assert sum(made.statistics["target"]["categories"].values()) == made.statistics["rows"] == 285
    assert set(made.statistics["target"]["categories"]) == set(model.LABELS)
    assert "Handwritten digits" in readable(made)


def test_an_accuracy_that_falls_short_would_stand_in_the_card() -> None:
    assert shortfalls({"test": {"accuracy": TO_BEAT + 0.01}}) == []
    assert shortfalls({"test": {"accuracy": 0.9}}) == ["Accuracy 90.0% on the test images does not beat 95%."]


def test_each_copy_is_a_picture_of_its_own_and_the_same_each_time() -> None:
    pictures, _ = variants.printed()
    images = np.stack([255 - np.asarray(Image.fromarray(picture).resize((28, 28))) for picture in pictures[::25]])
    first, second = variants.copies(images), variants.copies(images)
    for name, copied in first.items():
        assert all(picture.dtype == np.uint8 for picture in copied), name
        assert all(np.array_equal(*both) for both in zip(copied, second[name], strict=True))
    for one, other in zip(first, list(first)[1:], strict=False):
        assert not np.array_equal(first[one][3], first[other][3])


def test_the_strangers_are_of_many_kinds() -> None:
    kinds = variants.strangers([np.zeros((9, 9), np.uint8)])
    assert {name: len(pictures) for name, pictures in kinds.items()} == {
        "letters": 140,
        "noise": 200,
        "photographs": 200,
        "brain_scans": 1,
        "blank": 4,
    }


def test_the_bundle_that_is_shipped_says_that_it_reaches_its_goal() -> None:
    shipped = bundle.load(SHIPPED)
    assert shipped.card["metrics"]["test"]["rows"] == 10_000
    assert shipped.card["metrics"]["test"]["accuracy"] >= GOAL
    assert shipped.card["fit"]["known"] == 57_000
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= 1_000_000


def test_training_writes_the_task_of_the_shipped_bundle() -> None:
    shipped = bundle.load(SHIPPED).task
    assert shipped.picture is not None
    assert model.task(shipped.picture.strange_above) == shipped


@pytest.mark.slow
@pytest.mark.data
def test_the_bundle_that_is_shipped_is_as_good_as_its_card_says() -> None:
    shipped, mnist = bundle.load(SHIPPED), datasets.mnist()
    ask = asker(shipped.onnx)
    answers = ask(mnist.test_images / 255)
    right = answers.labels == mnist.test_labels
    assert right.mean() == pytest.approx(shipped.card["metrics"]["test"]["accuracy"], abs=2e-4)
    assert right.mean() >= GOAL
    assert shipped.task.picture is not None
    strange_above = shipped.task.picture.strange_above
    assert (answers.strangeness > strange_above).mean() < 0.02
    robustness = evaluate.robustness(ask, mnist.test_images[::5], mnist.test_labels[::5], strange_above)
    assert robustness["photograph"]["accuracy"] >= 0.95

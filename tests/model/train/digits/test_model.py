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
from model.train.digits.strokes import UNUSUAL
from model.train.picture.evaluate import predictor

SHIPPED = Path(model.__file__).parents[2] / "bundles" / "digits"
GOAL = 0.995


def drawn() -> Mnist:
    """Return a hundred printed digits in MNIST's form, to train and to test on."""
    pictures, labels = variants.printed()
    images = np.stack([np.round(digit.prepare(picture)[0] * 255).astype(np.uint8) for picture in pictures])
    return Mnist(images.repeat(3, axis=0), labels.repeat(3), images, labels)


def scan() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.tri(150, 130, dtype=np.uint8) * 200).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The bundle of a quick run on printed digits."""
    logged: list[str] = []
    made = model.build(tmp_path_factory.mktemp("bundles") / "digits", drawn(), [scan()], logged.append, quick=True)
    assert logged[0] == "Data: 285 images to train on, 15 to calibrate on, 100 to test on."
    assert logged[1].startswith("Drawn: 80 of the images in other forms, ")
    return made


@pytest.mark.slow
def test_a_quick_run_makes_a_bundle_that_predicts(made: Bundle) -> None:
    task = made.task
    assert (task.name, task.classes, task.labels) == ("digits", tuple(range(10)), model.LABELS)
    assert task.picture is not None
    assert (task.picture.transform, task.picture.height, task.picture.width) == ("digit", 28, 28)
    predictions = predictor(made.onnx)(drawn().test_images / 255)
    assert predictions.probabilities.shape == (100, 10)
    assert np.allclose(predictions.probabilities.sum(axis=1), 1, atol=1e-5)
    assert (predictions.labels == drawn().test_labels).mean() == pytest.approx(made.card["metrics"]["test"]["accuracy"])


@pytest.mark.slow
def test_the_card_and_statistics_cover_every_test(made: Bundle) -> None:
    card = made.card
    assert set(card["robustness"]) == {*variants.FORMS, "printed", *UNUSUAL}
    assert set(card["out_of_distribution"]) == {
        "test_images",
        "letters",
        "noise",
        "photographs",
        "brain_scans",
        "blank",
        "drawn_letters",
        "several_digits",
    }
    assert all(0 <= figures["accuracy"] <= 1 for figures in card["robustness"].values())
    assert set(card["milliseconds"]) == {"graph", "graph_among_100", "prepare_a_photograph"}
    assert sum(made.statistics["target"]["categories"].values()) == made.statistics["rows"] == 285
    assert set(made.statistics["target"]["categories"]) == set(model.LABELS)
    assert "Handwritten digits" in readable(made)


def test_a_missed_goal_is_a_limit_in_the_card() -> None:
    assert model.shortfalls({"test": {"accuracy": model.GOAL + 0.01}}) == []
    assert model.shortfalls({"test": {"accuracy": 0.9}}) == [
        "The accuracy of 90.0% on the test images does not beat 95%."
    ]


def test_variants_are_reproducible_and_differ_from_each_other() -> None:
    pictures, _ = variants.printed()
    images = np.stack([255 - np.asarray(Image.fromarray(picture).resize((28, 28))) for picture in pictures[::25]])
    first, second = variants.variants(images), variants.variants(images)
    for name, copied in first.items():
        assert all(picture.dtype == np.uint8 for picture in copied), name
        assert all(np.array_equal(*both) for both in zip(copied, second[name], strict=True))
    for one, other in zip(first, list(first)[1:], strict=False):
        assert not np.array_equal(first[one][3], first[other][3])


def test_pictures_without_a_digit_are_of_many_kinds() -> None:
    kinds = variants.without_digit([np.zeros((9, 9), np.uint8)])
    assert {name: len(pictures) for name, pictures in kinds.items()} == {
        "letters": 140,
        "noise": 200,
        "photographs": 200,
        "brain_scans": 1,
        "blank": 4,
    }


def test_the_card_of_the_shipped_bundle_states_that_it_reaches_its_goal() -> None:
    shipped = bundle.load(SHIPPED)
    assert shipped.card["metrics"]["test"]["rows"] == 10_000
    assert shipped.card["metrics"]["test"]["accuracy"] >= GOAL
    assert shipped.card["fit"]["train"] == 57_000
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= 1_000_000


def test_training_writes_the_task_of_the_shipped_bundle() -> None:
    shipped = bundle.load(SHIPPED).task
    assert shipped.picture is not None
    assert shipped.picture.strange_above is not None
    assert model.task(shipped.picture.strange_above) == shipped


@pytest.mark.slow  # names the version of PyTorch
def test_training_writes_the_card_of_the_shipped_bundle() -> None:
    shipped = bundle.load(SHIPPED).card
    tests = {name: shipped[name] for name in ("robustness", "out_of_distribution", "milliseconds")}
    card = model.card(shipped["fit"], shipped["metrics"], tests)
    assert card | {"versions": shipped["versions"]} == shipped


@pytest.mark.slow
@pytest.mark.data
def test_the_shipped_bundle_is_as_good_as_its_card_states() -> None:
    shipped, mnist = bundle.load(SHIPPED), datasets.mnist()
    predict = predictor(shipped.onnx)
    predictions = predict(mnist.test_images / 255)
    correct = predictions.labels == mnist.test_labels
    assert correct.mean() == pytest.approx(shipped.card["metrics"]["test"]["accuracy"], abs=2e-4)
    assert correct.mean() >= GOAL
    assert shipped.task.picture is not None
    threshold = shipped.task.picture.strange_above
    assert threshold is not None
    assert (predictions.ood_scores > threshold).mean() < 0.02
    robustness = evaluate.robustness(predict, mnist.test_images[::5], mnist.test_labels[::5], threshold)
    assert robustness["photograph"]["accuracy"] >= 0.95
    for name in UNUSUAL:
        assert robustness[name]["accuracy"] == pytest.approx(shipped.card["robustness"][name]["accuracy"], abs=0.002)
        assert robustness[name]["accuracy"] >= 0.97

"""What a network takes is understood from its file and the command, and its card says how good it is."""

from pathlib import Path
from typing import Any

import pytest
from numpy.typing import NDArray

from model import bundle as bundles
from model.bring import network_labels
from model.task import Resize
from tests.model.bring.conftest import Make
from tests.model.bring.networks import network, picture_of, sample_pictures

Array = NDArray[Any]
KERAS = {"preprocess": "keras-tf"}


@pytest.mark.parametrize(
    ("shape", "options", "size", "channels", "one_by_one"),
    [
        (("n", 16, 20, 3), {}, (16, 20), 3, False),
        ((None, 3, 16, 20), {}, (16, 20), 3, False),
        ((1, 1, 12, 12), {}, (12, 12), 1, True),
        (("n", 12, 12, 4), {}, (12, 12), 4, False),
        (("n", "h", "w", 3), {"size": (9, 11)}, (9, 11), 3, False),
        (("n", 3, 8, 3), {"layout": "NHWC"}, (3, 8), 3, False),
    ],
)
def test_size_channels_and_batch_are_read_from_the_input(
    make: Make, shape: Any, options: dict[str, Any], size: tuple[int, int], channels: int, one_by_one: bool
) -> None:
    picture = picture_of(make(network(shape), **KERAS, **options))
    assert (picture.height, picture.width, picture.channels) == (*size, channels)
    assert picture.one_by_one == one_by_one


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"preprocess": "torchvision"}, Resize("bilinear", 18)),
        ({"preprocess": "timm", "shorter": 17}, Resize("bicubic", 17)),
        ({"preprocess": "stretch", "mean": (0.0,)}, Resize("bilinear")),
        ({"preprocess": "opencv", "std": (1.0,)}, Resize("linear")),
        ({"preprocess": "keras-dataset"}, Resize("linear")),
        ({"mean": (0.5,), "std": (0.5,)}, Resize("nearest")),  # the network's layout is that of Keras
    ],
)
def test_preprocessing_decides_how_pictures_are_resized(make: Make, options: dict[str, Any], expected: Resize) -> None:
    assert picture_of(make(network(), **options)).resize == expected


def test_samples_set_the_threshold_and_tell_how_often_it_is_right(make: Make, tmp_path: Path) -> None:
    made = make(network(), **KERAS, samples=sample_pictures(tmp_path, 60, ("oak", "elm")), labels=("oak", "elm", "ash"))
    threshold = picture_of(made).strange_above
    assert threshold is not None
    figures = made.card["metrics"]["samples_given"]
    assert figures["rows"] == 60
    assert figures["confusion_matrix"]["counts"][2] == [0, 0, 0]
    assert sum(figures["confusion_matrix"]["counts"][0]) == 30
    assert made.statistics["rows"] == made.statistics["strangeness"]["count"] == 60
    assert made.statistics["strangeness"]["deciles"][-1] <= threshold
    assert sum("sample" in limit for limit in made.card["limits"]) == 2


def test_without_samples_there_is_no_strangeness(make: Make) -> None:
    made = make(network(), **KERAS)
    assert picture_of(made).strange_above is None
    assert made.card["metrics"] == made.statistics == {}
    assert any("does not warn" in limit for limit in made.card["limits"])


def test_labels_are_lines_of_a_file_and_repeated_ones_are_numbered(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "labels.txt"
    file.write_bytes("\ufefftench\r\ncrane\r\n\r\n crane \r\n\r\n".encode())
    labels = network_labels.read(str(file))
    assert labels == ("tench", "crane", "crane")
    assert make(network(), **KERAS, labels=labels).task.labels == ("tench", "crane (1)", "crane (2)")
    assert network_labels.read("oak, elm ,ash") == ("oak", "elm", "ash")
    assert make(network(), **KERAS).task.labels == ("0", "1", "2")


def test_bundle_is_the_same_each_time_and_survives_a_round_trip(make: Make) -> None:
    first = make(network(), **KERAS)
    assert bundles.load(first.folder).task == first.task
    assert make(network(), **KERAS).onnx == first.onnx

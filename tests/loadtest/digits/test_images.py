"""The digits that ship with the project, and where further ones come from."""

from pathlib import Path

import numpy as np
import pytest

from loadtest.digits import images
from model.bundle import BundleError
from model.train import datasets


def test_shipped_file_is_small() -> None:
    assert images.FILE.stat().st_size <= 200_000


def test_shipped_images_are_a_hundred_of_each_digit() -> None:
    digits = images.shipped()
    assert digits.images.shape == (1_000, 28, 28)
    assert digits.images.dtype == digits.labels.dtype == np.uint8
    assert np.bincount(digits.labels).tolist() == [100] * 10


@pytest.mark.slow
@pytest.mark.data
def test_shipped_images_follow_from_the_full_set_by_the_stated_rule() -> None:
    mnist = datasets.mnist()
    chosen: list[int] = []
    for digit in range(10):
        own = np.flatnonzero(mnist.test_labels == digit)
        chosen += own[np.linspace(0, len(own) - 1, 100).astype(int)].tolist()
    digits = images.shipped()
    assert np.array_equal(digits.images, mnist.test_images[sorted(chosen)])
    assert np.array_equal(digits.labels, mnist.test_labels[sorted(chosen)])


@pytest.mark.parametrize("count", [1, 10, 500, 1_000])
def test_up_to_a_thousand_images_need_no_data_set(count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLSERVING_DATA", str(tmp_path))
    digits, shipped = images.choose(count), images.shipped()
    assert len(digits.images) == len(digits.labels) == count
    assert np.array_equal(digits.images[0], shipped.images[0])
    places = np.linspace(0, 999, count).astype(int)
    assert np.array_equal(digits.labels, shipped.labels[places]), "spread evenly over what is shipped"


def test_more_images_are_read_from_the_full_set_with_an_announcement(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    test_images = np.zeros((10_000, 28, 28), np.uint8)
    test_labels = (np.arange(10_000) % 7).astype(np.int64)
    full = datasets.Mnist(test_images[:1], test_labels[:1], test_images, test_labels)
    announced: list[str] = []

    def fetch() -> datasets.Mnist:
        announced.append(capsys.readouterr().out)
        return full

    monkeypatch.setattr(datasets, "mnist", fetch)
    monkeypatch.delenv("MLSERVING_DATA", raising=False)
    digits = images.choose(2_000)
    assert len(digits.images) == 2_000
    assert np.array_equal(digits.labels, test_labels[np.linspace(0, 9_999, 2_000).astype(int)])
    assert "Reading the full MNIST set from https://" in announced[0], "announced before it is fetched"


def test_unreachable_full_set_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLSERVING_DATA", str(tmp_path))
    with pytest.raises(BundleError) as caught:
        images.choose(1_001)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_more_images_than_there_are_is_refused_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLSERVING_DATA", str(tmp_path))
    with pytest.raises(ValueError, match="at most 10000, not 10001"):
        images.choose(10_001)

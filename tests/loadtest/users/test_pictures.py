"""The pictures that the load test sends come from the data sets, chosen by the rule that their module states."""

from io import BytesIO
from pathlib import PurePosixPath

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from loadtest.users import pictures
from model.train import datasets
from model.train.brain_mri import data

EACH = 2


def test_there_are_two_small_pictures_of_each_class() -> None:
    digits, scans = pictures.read_pictures("digits"), pictures.read_pictures("brain_mri")
    assert [one.name for one in digits] == [f"digit-{label}-{i}.png" for label in range(10) for i in (1, 2)]
    assert [one.name for one in scans] == [f"scan-{name}-{i}.jpg" for name in data.CLASSES for i in (1, 2)]
    assert max(len(one.data) for one in (*digits, *scans)) < 10_000
    assert all(np.shape(one.pixels) == one.size == (28, 28) for one in digits)
    assert {one.content_type for one in digits} == {"image/png"}
    assert {one.content_type for one in scans} == {"image/jpeg"}


@pytest.mark.slow
@pytest.mark.data
def test_digits_are_the_test_images_nearest_to_their_mean() -> None:
    test = datasets.mnist()
    expected: dict[str, NDArray[np.float64]] = {}
    for label in range(10):
        own = test.test_images[test.test_labels == label].astype(float)
        nearest = np.argsort(((own - own.mean(axis=0)) ** 2).sum(axis=(1, 2)), kind="stable")[:EACH]
        expected |= {f"digit-{label}-{i}.png": own[place] for i, place in enumerate(nearest, start=1)}
    for one in pictures.read_pictures("digits"):
        assert np.array_equal(one.pixels, expected[one.name]), one.name


@pytest.mark.slow
@pytest.mark.data
def test_scans_are_the_first_of_their_class_without_a_twin() -> None:
    alone = [row for row in data.table() if row["path"].startswith("Testing/") and row["twin"] == "0"]
    by_class = {name: [row for row in alone if row["path"].split("/")[1] == name] for name in data.CLASSES}
    rows = [row for own in by_class.values() for row in own[:EACH]]
    loaded = data.load(rows, print).jpegs
    for one, jpeg, row in zip(pictures.read_pictures("brain_mri"), loaded, rows, strict=True):
        assert PurePosixPath(row["path"]).parts[1] in one.name
        sent, found = grey(one.data), grey(jpeg)
        assert sent.shape == found.shape
        assert np.abs(sent - found).mean() < 1, one.name  # made on another machine, a JPEG may differ in a shade


def grey(data: bytes) -> NDArray[np.float64]:
    with Image.open(BytesIO(data)) as picture:
        assert picture.mode == "L"
        return np.asarray(picture, dtype=np.float64)

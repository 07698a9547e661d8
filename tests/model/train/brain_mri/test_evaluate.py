import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from model.image.decode import ImageError
from model.train.brain_mri import evaluate as judge
from model.train.brain_mri.data import Scans
from model.train.brain_mri.variants import DRAWN, EACH, copies, strangers
from model.train.picture.evaluate import Answers

pytestmark = pytest.mark.slow

CLASSES = 4


def scan(place: int) -> Image.Image:
    """A bright head with a brighter spot: one of four places, by class."""
    rows, columns = np.mgrid[-1:1:150j, -1:1:150j]
    shades = np.where(rows**2 + columns**2 <= 1, 120, 0)
    row, column = divmod(place, 2)
    spot = (rows - row + 0.5) ** 2 + (columns - column + 0.5) ** 2 < 0.04
    return Image.fromarray(np.where(spot, 255, shades).astype(np.uint8))


def jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=95)
    return file.getvalue()


def scans() -> Scans:
    classes = np.arange(16) // CLASSES
    files = tuple(jpeg(scan(int(place))) for place in classes)
    return Scans(files, classes, np.arange(16) % 5, np.arange(16), classes > 1, classes > 2, {3: files[3], 4: files[9]})


def brightest_corner(pictures: np.ndarray) -> Answers:
    """A model that finds the spot, is sure of it, and finds strange how far the mean grey is from a half."""
    half = pictures.shape[1] // 2
    corners = [
        pictures[:, :half, :half],
        pictures[:, :half, half:],
        pictures[:, half:, :half],
        pictures[:, half:, half:],
    ]
    labels = np.stack([(corner > 0.9).mean(axis=(1, 2)) for corner in corners], axis=1).argmax(axis=1)
    return Answers(labels, np.eye(CLASSES)[labels], abs(pictures.mean(axis=(1, 2)) - 0.5))


def test_every_copy_shows_the_same_scan() -> None:
    picture = scan(1)
    plain = judge.seen(jpeg(picture))
    forms = copies(picture)
    assert len(set(forms.values())) == len(forms) == 9
    for name, file in forms.items():
        assert np.abs(judge.seen(file) - plain).mean() < 0.03, name


def test_the_copies_are_what_their_names_say() -> None:
    opened = {name: Image.open(io.BytesIO(file)) for name, file in copies(scan(1)).items()}
    assert {name: picture.mode for name, picture in opened.items()} == {
        "colour": "RGB",
        "cmyk": "CMYK",
        "palette": "P",
        "16_bits": "I;16",
        "turned_by_exif": "L",
        "black_margin": "L",
        "half_as_bright": "L",
        "jpeg_quality_30": "L",
        "64_pixels": "L",
    }
    assert opened["64_pixels"].size == (64, 64)
    assert opened["black_margin"].size == (250, 250)


def test_strangers_are_pictures_of_every_kind() -> None:
    kinds = strangers(np.zeros((100, 28, 28), np.uint8))
    assert set(kinds) == {"digits", "photographs", *DRAWN}
    assert {len(pictures) for pictures in kinds.values()} == {EACH}
    assert all(picture.dtype == np.uint8 for pictures in kinds.values() for picture in pictures)


def test_figures_are_of_the_judged_rows_alone() -> None:
    data = scans()
    figures, answers = judge.unseen(brightest_corner, data, data.folds == 0, ("a b", "c", "d", "e"))
    assert answers.labels.tolist() == data.classes[data.folds == 0].tolist()
    assert (figures["rows"], figures["accuracy"]) == (4, 1.0)
    assert (figures["recall_a_b"], figures["recall_e"]) == (1.0, 1.0)


def test_recall_is_of_a_class_and_not_of_an_answer() -> None:
    data = scans()
    half = Answers(np.array([0, 0, 0, 0]), np.full((4, CLASSES), 0.25), np.zeros(4))
    figures, _ = judge.unseen(lambda _: half, data, data.folds == 0, "abcd")
    truth = data.classes[data.folds == 0]
    assert figures["accuracy"] == pytest.approx(np.mean(truth == 0))
    assert [figures[f"recall_{name}"] for name in "abcd"] == [1.0, 0.0, 0.0, 0.0]


def test_a_group_of_near_copies_counts_once() -> None:
    data = dataclasses.replace(scans(), groups=np.array([0] * 13 + [1, 2, 3]))
    wrong = Answers(data.classes * (data.groups > 0), np.full((16, CLASSES), 0.25), np.zeros(16))
    figures, _ = judge.unseen(lambda _: wrong, data, np.ones(16, bool), "abcd")
    assert figures["accuracy_each_group_once"] == pytest.approx((4 / 13 + 3) / 4, abs=1e-4)


def test_a_copy_that_changes_the_answer_is_counted() -> None:
    data = scans()
    judged = np.ones(16, bool)
    assert judge.robustness(brightest_corner, data, judged)["cmyk"] == {
        "scans": 4,
        "same_answer": 1.0,
        "accuracy": 1.0,
        "said_to_have_no_tumour": 0.25,
    }
    calls = iter(range(100))

    def fickle(pictures: np.ndarray) -> Answers:
        answers = brightest_corner(pictures)
        return answers if next(calls) == 0 else Answers(3 - answers.labels, *[answers.probabilities] * 2)

    assert judge.robustness(fickle, data, judged)["colour"]["same_answer"] == 0.0


def test_an_original_is_compared_with_its_copy() -> None:
    assert judge.originals(brightest_corner, scans()) == {"scans": 2, "same_answer": 0.5}


def test_the_share_of_strangers_and_of_scans_that_are_warned_of() -> None:
    answers = Answers(np.zeros(4), np.zeros((4, 4)), np.array([0.1, 0.2, 0.3, 0.4]))
    figures = judge.strange(brightest_corner, 0.35, answers, np.zeros((100, 28, 28), np.uint8))
    assert figures["judged_scans"] == {"pictures": 4, "warned": 0.25}
    assert figures["digits"] == {"pictures": EACH, "warned": 1.0}  # all black
    assert figures["gradients"]["warned"] == 0.0  # half grey in the mean


def test_times_are_of_one_scan() -> None:
    times = judge.times(brightest_corner, jpeg(scan(0)))
    assert set(times) == {"graph", "decode_and_prepare"}
    assert all(time > 0 for time in times.values())


def test_what_is_seen_is_what_the_server_prepares() -> None:
    with pytest.raises(ImageError):
        judge.seen(b"no picture")

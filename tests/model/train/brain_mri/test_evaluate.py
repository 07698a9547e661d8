import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from model.image.errors import ImageError
from model.train.brain_mri import evaluate
from model.train.brain_mri.data import Scans
from model.train.brain_mri.variants import DRAWN, EACH, variants, without_scan
from model.train.picture.evaluate import Predictions

pytestmark = pytest.mark.slow

CLASSES = 4


def scan(place: int) -> Image.Image:
    """Draw a bright head with a brighter spot, whose place is the class."""
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
    return Scans(files, classes, np.arange(16) % 5, np.arange(16), np.full(16, "figshare"), {3: files[3], 4: files[9]})


def brightest_corner(pictures: np.ndarray) -> Predictions:
    """Predict the corner with the spot; the out-of-distribution score is how far the mean grey is from a half."""
    half = pictures.shape[1] // 2
    corners = [
        pictures[:, :half, :half],
        pictures[:, :half, half:],
        pictures[:, half:, :half],
        pictures[:, half:, half:],
    ]
    labels = np.stack([(corner > 0.9).mean(axis=(1, 2)) for corner in corners], axis=1).argmax(axis=1)
    return Predictions(labels, np.eye(CLASSES)[labels], abs(pictures.mean(axis=(1, 2)) - 0.5))


def test_variants_show_the_same_scan() -> None:
    picture = scan(1)
    plain = evaluate.prepared(jpeg(picture))
    forms = variants(picture)
    assert len(set(forms.values())) == len(forms) == 9
    for name, file in forms.items():
        assert np.abs(evaluate.prepared(file) - plain).mean() < 0.03, name


def test_variants_are_what_their_names_say() -> None:
    opened = {name: Image.open(io.BytesIO(file)) for name, file in variants(scan(1)).items()}
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


def test_pictures_without_a_scan_are_of_every_kind() -> None:
    kinds = without_scan(np.zeros((100, 28, 28), np.uint8))
    assert set(kinds) == {"digits", "photographs", *DRAWN}
    assert {len(pictures) for pictures in kinds.values()} == {EACH}
    assert all(picture.dtype == np.uint8 for pictures in kinds.values() for picture in pictures)


def test_figures_cover_only_the_test_rows() -> None:
    data = scans()
    figures, predictions = evaluate.held_out(brightest_corner, data, data.folds == 0, ("a b", "c", "d", "e"))
    assert predictions.labels.tolist() == data.classes[data.folds == 0].tolist()
    assert (figures["rows"], figures["accuracy"]) == (4, 1.0)
    assert (figures["recall_a_b"], figures["recall_e"]) == (1.0, 1.0)


def test_recall_is_per_true_class() -> None:
    data = scans()
    half = Predictions(np.array([0, 0, 0, 0]), np.full((4, CLASSES), 0.25), np.zeros(4))
    figures, _ = evaluate.held_out(lambda _: half, data, data.folds == 0, "abcd")
    truth = data.classes[data.folds == 0]
    assert figures["accuracy"] == pytest.approx(np.mean(truth == 0))
    assert [figures[f"recall_{name}"] for name in "abcd"] == [1.0, 0.0, 0.0, 0.0]


def test_a_group_of_near_copies_counts_once() -> None:
    data = dataclasses.replace(scans(), groups=np.array([0] * 13 + [1, 2, 3]))
    wrong = Predictions(data.classes * (data.groups > 0), np.full((16, CLASSES), 0.25), np.zeros(16))
    figures, _ = evaluate.held_out(lambda _: wrong, data, np.ones(16, bool), "abcd")
    assert figures["accuracy_each_group_once"] == pytest.approx((4 / 13 + 3) / 4, abs=1e-4)


def test_a_variant_that_changes_the_prediction_is_counted() -> None:
    data = scans()
    test = np.ones(16, bool)
    assert evaluate.robustness(brightest_corner, data, test)["cmyk"] == {
        "scans": 4,
        "same_prediction": 1.0,
        "accuracy": 1.0,
        "predicted_no_tumour": 0.25,
    }
    calls = iter(range(100))

    def fickle(pictures: np.ndarray) -> Predictions:
        predictions = brightest_corner(pictures)
        if next(calls) == 0:
            return predictions
        return Predictions(3 - predictions.labels, *[predictions.probabilities] * 2)

    assert evaluate.robustness(fickle, data, test)["colour"]["same_prediction"] == 0.0


def test_an_original_is_compared_with_its_stored_copy() -> None:
    assert evaluate.originals(brightest_corner, scans()) == {"scans": 2, "same_prediction": 0.5}


def test_flagged_shares_cover_test_scans_and_pictures_without_a_scan() -> None:
    predictions = Predictions(np.zeros(4), np.zeros((4, 4)), np.array([0.1, 0.2, 0.3, 0.4]))
    ct = np.array([False, False, True, True])
    figures = evaluate.out_of_distribution(brightest_corner, 0.35, predictions, ct, np.zeros((100, 28, 28), np.uint8))
    assert figures["test_scans"] == {"pictures": 4, "flagged": 0.25}
    assert figures["test_scans_ct"] == {"pictures": 2, "flagged": 0.5}
    assert figures["digits"] == {"pictures": EACH, "flagged": 1.0}  # all black
    assert figures["gradients"]["flagged"] == 0.0  # half grey in the mean


def test_timings_are_positive() -> None:
    times = evaluate.timings(brightest_corner, jpeg(scan(0)))
    assert set(times) == {"graph", "decode_and_prepare"}
    assert all(time > 0 for time in times.values())


def test_prepared_refuses_what_the_server_refuses() -> None:
    with pytest.raises(ImageError):
        evaluate.prepared(b"no picture")

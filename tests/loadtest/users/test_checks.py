"""What a user takes for a wrong answer, beside the right one that it differs from by one thing."""

from typing import Any

import pytest

from loadtest.users import checks
from loadtest.users.checks import Witness

GLIOMA = {
    "label": "glioma",
    "prediction": 0,
    "probability": 0.75,
    "probabilities": {"glioma": 0.75, "meningioma": 0.125, "no tumour": 0.0625, "pituitary tumour": 0.0625},
    "warnings": [],
}
ROW = {"label": "M", "prediction": 1, "probability": 0.98}


def test_right_answers_have_no_fault() -> None:
    witness = Witness("brain_mri")
    assert witness.picture(GLIOMA, "a.jpg") is None
    assert witness.picture(GLIOMA, "a.jpg") is None
    assert checks.rows([ROW, ROW], ["M", "M"]) is None


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"label": "cat"}, "label 'cat' is none of this model's"),
        ({"label": None}, "label None is none"),
        ({"prediction": 1}, "prediction 1 does not go with label 'glioma'"),
        ({"prediction": "0"}, "prediction '0' does not go"),
        ({"prediction": False}, "prediction False does not go"),
        ({"probability": 0.7}, "the probability is not that of the label"),
        ({"probability": None}, "the probability is not that of the label"),
        ({"probabilities": {"glioma": 0.75}}, "not those of this model's labels"),
        ({"probabilities": [0.75, 0.125, 0.0625, 0.0625]}, "not those of this model's labels"),
        ({"probabilities": None}, "not those of this model's labels"),
        ({"probabilities": GLIOMA["probabilities"] | {"meningioma": 1.5}}, "1.5 is not between 0 and 1"),  # type: ignore[operator]
        ({"probabilities": GLIOMA["probabilities"] | {"meningioma": "0.1"}}, "'0.1' is not between 0 and 1"),  # type: ignore[operator]
        ({"probabilities": GLIOMA["probabilities"] | {"meningioma": 0.25}}, "add up to 1.125"),  # type: ignore[operator]
    ],
)
def test_an_answer_to_a_picture_is_of_its_model_and_well_formed(changed: dict[str, Any], fault: str) -> None:
    assert fault in (Witness("brain_mri").picture(GLIOMA | changed, "a.jpg") or "")


def test_the_label_has_the_greatest_probability() -> None:
    shares = {"glioma": 0.25, "meningioma": 0.5, "no tumour": 0.125, "pituitary tumour": 0.125}
    fault = Witness("brain_mri").picture(GLIOMA | {"probability": 0.25, "probabilities": shares}, "a.jpg")
    assert fault == "the probability is not that of the label, or not the greatest"


@pytest.mark.parametrize("answer", [None, [], "glioma", 0])
def test_an_answer_is_an_object(answer: Any) -> None:
    assert Witness("brain_mri").picture(answer, "a.jpg") == checks.row(answer, "M") == "an answer is not an object"


def test_a_picture_keeps_its_label() -> None:
    witness = Witness("digits")
    assert witness.classes([7, 3], ["seven.png", "three.png"]) is None
    assert witness.classes([3, 7], ["three.png", "seven.png"]) is None
    fault = "label '1' for seven.png, which was '7' before"
    assert witness.classes([3, 1], ["three.png", "seven.png"]) == fault
    assert Witness("digits").classes([3, 1], ["three.png", "seven.png"]) is None, "another run"


def test_a_picture_has_the_same_label_as_a_file_and_as_an_array() -> None:
    witness = Witness("digits")
    shares = {str(digit): float(digit == 7) for digit in range(10)}
    file = {"label": "7", "prediction": 7, "probability": 1.0, "probabilities": shares, "warnings": []}
    assert witness.picture(file, "seven.png") is None
    assert "was '7' before" in (witness.classes([1], ["seven.png"]) or "")


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        ([7], "not 2 predictions"),
        (7, "not 2 predictions"),
        ([7, 10], "prediction 10 is none"),
        ([7, -1], "prediction -1 is none"),
        ([7, "3"], "prediction '3' is none"),
        ([7, True], "prediction True is none"),
        ([7, 3.0], "prediction 3.0 is none"),
    ],
)
def test_a_batch_has_a_class_for_each_picture(found: Any, fault: str) -> None:
    assert fault in (Witness("digits").classes(found, ["seven.png", "three.png"]) or "")


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"label": "B"}, "label 'B' for a row that is 'M'"),
        ({"prediction": 0}, "prediction 0 does not go with label 'M'"),
        ({"prediction": True}, "prediction True does not go with label 'M'"),
        ({"probability": 1.5}, "probability 1.5 is not between 0 and 1"),
        ({"probability": None}, "probability None is not between 0 and 1"),
    ],
)
def test_an_answer_to_a_row_has_its_label(changed: dict[str, Any], fault: str) -> None:
    assert checks.row(ROW | changed, "M") == fault
    assert checks.rows([ROW, ROW | changed], ["M", "M"]) == fault


@pytest.mark.parametrize("found", [[ROW], {"label": "M"}, None])
def test_rows_have_an_answer_each(found: Any) -> None:
    assert checks.rows(found, ["M", "M"]) == "not 2 predictions"

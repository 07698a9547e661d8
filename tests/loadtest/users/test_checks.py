"""Wrong responses, each different from a correct one in a single point."""

from typing import Any

import pytest

from loadtest.users.checks import AnswerChecker

SCANS = ("glioma", "meningioma", "no tumour", "pituitary tumour")
GLIOMA = {
    "label": "glioma",
    "prediction": 0,
    "probability": 0.75,
    "probabilities": {"glioma": 0.75, "meningioma": 0.125, "no tumour": 0.0625, "pituitary tumour": 0.0625},
    "warnings": [],
}
DIGITS = tuple("0123456789")
ROWS = ("B", "M")
ROW = {"label": "M", "prediction": 1, "probability": 0.98}


def test_correct_responses_have_no_fault() -> None:
    checker = AnswerChecker(SCANS)
    assert checker.picture(GLIOMA, "a.jpg") is None
    assert checker.picture(GLIOMA, "a.jpg") is None
    assert AnswerChecker(ROWS).rows([ROW, ROW], ["M", "M"]) is None


NOTHING = dict.fromkeys(("label", "prediction", "probability", "probabilities"))
CANNOT_TELL = NOTHING | {"alarms": [{"reason": "inconclusive", "sentence": "…"}]}


def test_no_answer_with_an_alarm_is_no_fault_but_must_stay_the_same() -> None:
    """A model that cannot tell says so each time; a null without a reason, or now and then, is a failure."""
    checker = AnswerChecker(SCANS)
    assert checker.picture(CANNOT_TELL, "a.jpg") is None
    assert checker.picture(CANNOT_TELL, "a.jpg") is None
    assert checker.classes([None], ["a.jpg"]) is None
    assert "which was None before" in (checker.picture(GLIOMA, "a.jpg") or "")
    assert "which was None before" in (checker.classes([0], ["a.jpg"]) or "")
    assert "not one of the model's" in (checker.picture(NOTHING | {"alarms": []}, "b.jpg") or "")
    assert "without a label" in (checker.picture(CANNOT_TELL | {"prediction": 2}, "c.jpg") or "")


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"label": "cat"}, "label 'cat' is not one of the model's"),
        ({"label": None}, "label None is not one"),
        ({"prediction": 1}, "prediction 1 does not belong to label 'glioma'"),
        ({"prediction": "0"}, "prediction '0' does not belong"),
        ({"prediction": False}, "prediction False does not belong"),
        ({"probability": 0.7}, "the probability is not that of the label"),
        ({"probability": None}, "the probability is not that of the label"),
        ({"probabilities": {"glioma": 0.75}}, "not those of the model's labels"),
        ({"probabilities": [0.75, 0.125, 0.0625, 0.0625]}, "not those of the model's labels"),
        ({"probabilities": None}, "not those of the model's labels"),
        ({"probabilities": GLIOMA["probabilities"] | {"meningioma": 1.5}}, "1.5 is not between 0 and 1"),  # type: ignore[operator]
        ({"probabilities": GLIOMA["probabilities"] | {"meningioma": "0.1"}}, "'0.1' is not between 0 and 1"),  # type: ignore[operator]
        ({"probabilities": GLIOMA["probabilities"] | {"meningioma": 0.25}}, "add up to 1.125"),  # type: ignore[operator]
    ],
)
def test_malformed_picture_predictions_are_faults(changed: dict[str, Any], fault: str) -> None:
    assert fault in (AnswerChecker(SCANS).picture(GLIOMA | changed, "a.jpg") or "")


def test_label_without_the_highest_probability_is_a_fault() -> None:
    shares = {"glioma": 0.25, "meningioma": 0.5, "no tumour": 0.125, "pituitary tumour": 0.125}
    fault = AnswerChecker(SCANS).picture(GLIOMA | {"probability": 0.25, "probabilities": shares}, "a.jpg")
    assert fault == "the probability is not that of the label, or not the highest"


@pytest.mark.parametrize("answer", [None, [], "glioma", 0])
def test_prediction_that_is_no_object_is_a_fault(answer: Any) -> None:
    assert (
        AnswerChecker(SCANS).picture(answer, "a.jpg")
        == AnswerChecker(ROWS).row(answer, "M")
        == "the prediction is not an object"
    )


def test_changed_label_of_a_picture_is_a_fault() -> None:
    checker = AnswerChecker(DIGITS)
    assert checker.classes([7, 3], ["seven.png", "three.png"]) is None
    assert checker.classes([3, 7], ["three.png", "seven.png"]) is None
    fault = "label '1' for seven.png, which was '7' before"
    assert checker.classes([3, 1], ["three.png", "seven.png"]) == fault
    assert AnswerChecker(DIGITS).classes([3, 1], ["three.png", "seven.png"]) is None, "another run"


def test_picture_must_have_the_same_label_as_a_file_and_as_an_array() -> None:
    checker = AnswerChecker(DIGITS)
    shares = {str(digit): float(digit == 7) for digit in range(10)}
    file = {"label": "7", "prediction": 7, "probability": 1.0, "probabilities": shares, "warnings": []}
    assert checker.picture(file, "seven.png") is None
    assert "was '7' before" in (checker.classes([1], ["seven.png"]) or "")


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        ([7], "not 2 predictions"),
        (7, "not 2 predictions"),
        ([7, 10], "prediction 10 is not one"),
        ([7, -1], "prediction -1 is not one"),
        ([7, "3"], "prediction '3' is not one"),
        ([7, True], "prediction True is not one"),
        ([7, 3.0], "prediction 3.0 is not one"),
    ],
)
def test_malformed_batches_are_faults(found: Any, fault: str) -> None:
    assert fault in (AnswerChecker(DIGITS).classes(found, ["seven.png", "three.png"]) or "")


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"label": "B"}, "label 'B' for a row that is 'M'"),
        ({"prediction": 0}, "prediction 0 does not belong to label 'M'"),
        ({"prediction": True}, "prediction True does not belong to label 'M'"),
        ({"probability": 1.5}, "probability 1.5 is not between 0 and 1"),
        ({"probability": None}, "probability None is not between 0 and 1"),
    ],
)
def test_wrong_row_predictions_are_faults(changed: dict[str, Any], fault: str) -> None:
    assert AnswerChecker(ROWS).row(ROW | changed, "M") == fault
    assert AnswerChecker(ROWS).rows([ROW, ROW | changed], ["M", "M"]) == fault


@pytest.mark.parametrize("found", [[ROW], {"label": "M"}, None])
def test_missing_row_predictions_are_faults(found: Any) -> None:
    assert AnswerChecker(ROWS).rows(found, ["M", "M"]) == "not 2 predictions"


def test_a_cost_has_two_decimals_and_stays_the_same() -> None:
    checker = AnswerChecker(())
    assert checker.costs([{"cost": 88.24}, {"cost": 100}], [0, 1]) is None
    assert checker.cost({"cost": 88.24, "warnings": ["…"]}, 0) is None
    assert "which was '88.24' before" in (checker.cost({"cost": 88.25}, 0) or "")
    for wrong in ({"cost": 88.241}, {"cost": "88.24"}, {"cost": True}, {"cost": None}, {"prediction": 88.24}, 88.24):
        assert "is not a number of two decimals" in (checker.cost(wrong, 2) or "")
    assert checker.costs([{"cost": 88.24}], [0, 1]) == "not 2 predictions"

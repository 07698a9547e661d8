from argparse import ArgumentTypeError

import pytest

from loadtest.users.models import describe_weights, format_weights, parse_weights


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("digits", {"digits": 1}),
        ("breast_model=3,digits=1", {"breast_model": 3, "digits": 1}),
        ("brain_mri, digits=20", {"brain_mri": 1, "digits": 20}),
    ],
)
def test_weights_are_read_and_written(text: str, found: dict[str, int]) -> None:
    assert parse_weights(text) == found
    assert parse_weights(format_weights(found)) == found


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "There is no load for ''"),
        ("digits,", "There is no load for ''"),
        ("my_model", "There is no load for 'my_model', only for breast_model, media_cost, brain_mri and digits."),
        ("digits,digits=2", "digits is given twice."),
        ("digits=", "The weight of digits must be a whole number from 1, not ''."),
        ("digits=0", "not '0'"),
        ("digits=-1", "not '-1'"),
        ("digits=0.5", "not '0.5'"),
        ("digits=²", "not '²'"),
    ],
)
def test_invalid_models_are_refused_by_name(text: str, sentence: str) -> None:
    with pytest.raises(ArgumentTypeError, match=sentence):
        parse_weights(text)


def test_weights_are_described_only_if_they_differ() -> None:
    assert describe_weights({"digits": 4}) == "digits"
    assert describe_weights({"breast_model": 1, "digits": 1}) == "breast_model and digits"
    assert describe_weights({"breast_model": 3, "digits": 1}) == "breast_model (3) and digits (1)"

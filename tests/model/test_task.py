import dataclasses
from typing import Any

import pytest

from model.task import Feature, Task

TASK = Task(
    name="flowers",
    title="Flowers",
    version="1.0.0",
    kind="classification",
    features=(
        Feature("width", "FP32", unit="cm", description="Width of a leaf.", minimum=0.0, maximum=2.5),
        Feature("colour", "BYTES", categories=("blue", "red"), closed=True, optional=True),
    ),
    example={"width": 1.5, "colour": "red"},
    classes=(0, 1),
    labels=("iris", "rose"),
)


def altered(**changes: Any) -> dict[str, Any]:
    return TASK.to_dict() | changes


def test_a_task_survives_the_round_trip_through_json() -> None:
    assert Task.from_dict(TASK.to_dict()) == TASK


def test_an_example_may_lack_optional_features() -> None:
    assert Task.from_dict(altered(example={"width": 1.5})).example == {"width": 1.5}


def test_an_open_feature_accepts_other_strings_than_its_categories() -> None:
    features = (TASK.features[0], dataclasses.replace(TASK.features[1], closed=False))
    example: dict[str, float | str] = {"width": 1.5, "colour": "green"}
    assert dataclasses.replace(TASK, features=features, example=example).example == example


def test_a_task_of_numbers_alone_is_numeric() -> None:
    assert not TASK.numeric
    numbers = dataclasses.replace(TASK, features=TASK.features[:1], example={"width": 1.5})
    assert numbers.numeric
    assert numbers.names == ("width",)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "../up"}, "not a valid name for a model"),
        ({"name": "a b"}, "not a valid name for a model"),
        ({"name": "batch"}, "cannot be named 'batch': /predict/batch is a path of its own"),
        ({"name": 5}, "Expected `str`"),
        ({"kind": "clustering"}, "clustering"),
        ({"surplus": 1}, "unknown key 'surplus'"),
        ({"features": []}, "has no features"),
        ({"features": 5}, "list of features"),
        ({"features": ["width"]}, "A feature is not a JSON object"),
        ({"features": [{"name": "width", "datatype": "FP16"}]}, "FP16"),
        ({"features": [{"name": "", "datatype": "FP32"}]}, "empty name"),
        ({"features": [{"name": "width", "datatype": "FP32"}] * 2}, "more than one feature called 'width'"),
        ({"features": [{"name": "width", "datatype": "FP32", "minimum": 2, "maximum": 1}]}, "minimum above"),
        ({"features": [{"name": "width", "datatype": "BYTES", "minimum": 2}]}, "no minimum"),
        ({"features": [{"name": "width", "datatype": "FP32", "categories": ["a"]}]}, "no categories"),
        ({"features": [{"name": "width", "datatype": "FP32", "closed": True}]}, "closed, but has no categories"),
        ({"features": [{"name": "colour", "datatype": "BYTES", "closed": True}]}, "closed, but has no categories"),
        ({"example": {"width": 1.5, "colour": "green"}}, "'green' for 'colour', which is not one of its categories"),
        ({"features": [{"name": "width", "datatype": "FP32", "size": 2}]}, "unknown key 'size'"),
        (
            {"features": [{"name": "width", "datatype": "FP32"}, {"name": "colour", "datatype": "FP64"}]},
            "mixes FP32 and FP64",
        ),
        ({"classes": [0], "labels": ["iris"]}, "fewer than two classes"),
        ({"classes": [0, "1"]}, "mixes numbers and strings"),
        ({"classes": [0, 0]}, "more than once"),
        ({"classes": [0, True]}, "bool"),
        ({"labels": ["iris"]}, "2 classes but 1 labels"),
        ({"labels": ["iris", "iris"]}, "more than once"),
        ({"kind": "regression"}, "no classes"),
        ({"example": {"colour": "red"}}, "lacks 'width'"),
        ({"example": {"width": 1.5, "height": 2.0}}, "'height', which is not a feature"),
        ({"example": {"width": "wide"}}, "wrong type for 'width'"),
        ({"example": {"width": 1.5, "colour": 5}}, "wrong type for 'colour'"),
        ({"example": {"width": float("inf")}}, "inf for 'width'"),
        ({"example": {"width": True}}, "bool"),
    ],
)
def test_an_invalid_task_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Task.from_dict(altered(**changes))


@pytest.mark.parametrize("key", ["name", "title", "version", "kind", "features", "example"])
def test_a_missing_key_is_named(key: str) -> None:
    data = TASK.to_dict()
    del data[key]
    with pytest.raises(ValueError, match=key):
        Task.from_dict(data)


@pytest.mark.parametrize(("transform", "expected"), [("digit", "draw"), ("scan", "upload")])
def test_a_picture_written_without_input_and_caution_gets_defaults(transform: str, expected: str) -> None:
    picture = {"transform": transform, "height": 8, "width": 8, "subject": "a leaf", "strange_above": 1.5}
    task = Task.from_dict(altered(features=[], example={}, picture=picture))
    assert task.picture is not None
    assert (task.picture.input, task.picture.caution) == (expected, "")


def test_an_unknown_input_of_a_picture_is_refused() -> None:
    picture = {"transform": "scan", "height": 8, "width": 8, "subject": "a leaf", "strange_above": 1.5, "input": "say"}
    with pytest.raises(ValueError, match="say"):
        Task.from_dict(altered(features=[], example={}, picture=picture))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"resize": None}, "must be told how to resize"),
        ({"transform": "scan"}, "must be told how to resize"),
        ({"transform": "scan", "resize": None, "channels": 3}, "returns one channel"),
        ({"channels": 2}, "channels"),
        ({"resize": {"method": "bilinear", "shorter": 7}}, "cannot be cut out"),
        ({"resize": {"method": "nearest", "shorter": 9}}, "stretches pictures"),
        ({"resize": {"method": "lanczos"}}, "lanczos"),
        ({"resize": {"method": "nearest", "crop": True}}, "crop"),
        ({"abstention": {"doubt": 1, "strangeness": 1, "limits": [1, 1]}}, "computes no strangeness"),
        ({"abstention": {"doubt": 1, "strangeness": 1, "limits": [1, 1], "mood": 1}}, "mood"),
        ({"strange_above": 1, "abstention": {"doubt": 1, "strangeness": 1, "limits": [1]}}, "for each class"),
        ({"label_notes": {"zebra": "It has stripes."}}, "zebra"),
    ],
)
def test_a_contradictory_picture_is_refused(changed: dict[str, Any], sentence: str) -> None:
    picture = {"transform": "resize", "height": 8, "width": 8, "subject": "a leaf", "strange_above": None}
    picture |= {"channels": 3, "resize": {"method": "bilinear", "shorter": 9}}
    assert Task.from_dict(altered(features=[], example={}, picture=picture)).picture is not None
    with pytest.raises(ValueError, match=sentence):
        Task.from_dict(altered(features=[], example={}, picture=picture | changed))

import json
from base64 import b64decode
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.image.digit import INVERTED
from server.errors import InvalidInput
from server.pictures.request import Sent
from server.pictures.rest import Plain
from server.predictor import Predictor
from tests.server.pictures.images import BAR, BAR_MEAN, BLOCK, BLOCK_MEAN, base64, jpeg, png

FULL = np.zeros((28, 28), np.uint8)
FULL[1:27, 1:27] = 255
"""Strange: more than 0.6 of it is white."""
FULL_MEAN = 26 * 26 / 28**2

STRANGE = "It does not look like a stroke of ink."


@pytest.fixture
def plain(ink: Predictor) -> Plain:
    assert ink.task.picture
    return Plain(ink, ink.task.picture)


def probabilities(mean: float) -> Any:
    return pytest.approx({"little": 1 - mean, "much": mean}, abs=1e-6)


def test_one_picture_is_answered_by_all_that_is_known(plain: Plain) -> None:
    assert json.loads(plain.predict(Sent(png(BAR)))) == {
        "label": "little",
        "prediction": 0,
        "probability": pytest.approx(1 - BAR_MEAN),
        "probabilities": probabilities(BAR_MEAN),
        "warnings": [],
    }
    answer = json.loads(plain.predict(Sent(png(FULL))))
    assert (answer["label"], answer["prediction"]) == ("much", 1)
    assert answer["probability"] == pytest.approx(FULL_MEAN)
    assert answer["warnings"] == [STRANGE]


def test_warnings_are_of_the_decoder_the_transform_and_the_model(plain: Plain) -> None:
    colourful = np.repeat(255 - FULL[:, :, None], 3, axis=2)
    colourful[10:20, 10:20] = 60, 0, 0
    warnings = json.loads(plain.predict(Sent(png(colourful))))["warnings"]
    assert warnings == ["The picture is in colour; it was turned grey.", INVERTED, STRANGE]


def test_a_float32_is_written_in_its_shortest_decimal_form(plain: Plain) -> None:
    text = plain.predict(Sent(png(BAR))).decode()
    assert f'"probability":{np.float32(1) - np.float32(BAR_MEAN)!s}' in text


def test_the_picture_is_shown_as_the_model_sees_it(plain: Plain) -> None:
    for predict in (plain.predict, plain.predict_img):
        head, _, data = json.loads(predict(Sent(png(255 - BAR), seen=True)))["seen"].partition(",")
        assert head == "data:image/png;base64"
        assert np.asarray(Image.open(BytesIO(b64decode(data)))).tolist() == BAR.tolist()


def test_the_label_alone(plain: Plain) -> None:
    assert plain.predict_img(Sent(png(BAR))) == b'{"y":"little"}'
    assert plain.predict_img(Sent(png(BLOCK))) == b'{"y":"much"}'
    assert json.loads(plain.predict_img(Sent(png(255 - BAR)))) == {"y": "little", "warnings": [INVERTED]}
    answer = json.loads(plain.predict_img(Sent(png(BLOCK), probabilities=True)))
    assert answer == {"y": "much", "probabilities": probabilities(BLOCK_MEAN)}


def batch(plain: Plain, pictures: Any, **more: Any) -> Any:
    return json.loads(plain.predict_batch(json.dumps({"x": pictures, **more}).encode()))


def test_many_are_answered_by_their_classes(plain: Plain) -> None:
    assert batch(plain, BAR.tolist()) == {"y": [0]}
    assert batch(plain, [BAR.tolist(), BLOCK.tolist(), BLOCK.tolist()]) == {"y": [0, 1, 1]}
    answer = batch(plain, [BAR.tolist(), BLOCK.tolist()], probabilities=True)
    assert answer["y"] == [0, 1]
    assert np.array(answer["probabilities"]) == pytest.approx(
        np.array([[1 - BAR_MEAN, BAR_MEAN], [1 - BLOCK_MEAN, BLOCK_MEAN]])
    )


def test_the_warnings_of_many_say_of_which(plain: Plain) -> None:
    pictures = [BAR.tolist(), (255 - BAR).tolist(), FULL.tolist()]
    assert batch(plain, pictures) == {"y": [0, 0, 1], "warnings": [f"Picture 1: {INVERTED}", f"Picture 2: {STRANGE}"]}
    assert batch(plain, [FULL.tolist()])["warnings"] == [STRANGE]


def test_v1_takes_files_and_arrays_and_answers_as_for_one_picture(plain: Plain) -> None:
    instances = [
        {"b64": base64(png(BAR))},
        {"image_bytes": {"b64": base64(png(BLOCK))}, "key": "1"},
        BLOCK.tolist(),
        FULL[:, :, None].tolist(),
    ]
    answers = json.loads(plain.predict_v1(json.dumps({"instances": instances, "more": 1}).encode()))["predictions"]
    files = [json.loads(plain.predict(Sent(png(picture)))) for picture in (BAR, BLOCK, BLOCK, FULL)]
    assert answers == files


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({}, "must be a JSON object {"),
        ([], "must be a JSON object {"),
        ({"instances": {}}, "must be a JSON object {"),
        ({"instances": []}, "list of pictures is empty"),
        ({"instances": [7]}, "^An instance is .*, not a number"),
        ({"instances": ["AAAA"]}, "not a string"),
        ({"instances": [BAR.tolist(), {}]}, "^Picture 1: An instance is"),
        ({"instances": [{"b64": 7}]}, "An instance is"),
        ({"instances": [{"image_bytes": "AAAA"}]}, "An instance is"),
        ({"instances": [{"b64": "AAAA", "image_bytes": {"b64": "AAAA"}}]}, "An instance is"),
        ({"instances": [BAR.tolist(), {"b64": "AA"}]}, "Picture 1: The picture is not base64"),
        ({"instances": [BAR.tolist(), {"b64": "AAAA"}]}, "Picture 1: The bytes are not a picture"),
        ({"instances": [BAR.tolist(), [[0]]]}, "Picture 1: A picture has at least 8 × 8 pixels"),
    ],
)
def test_other_instances_are_refused(plain: Plain, document: Any, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        plain.predict_v1(json.dumps(document).encode())


def test_a_key_sent_twice_is_refused(plain: Plain) -> None:
    file = base64(jpeg(BAR))
    for body in (
        f'{{"instances":[{{"b64":"{file}"}}],"instances":[{{"b64":"{file}"}}]}}',
        f'{{"instances":[{{"b64":"{file}","b64":"{file}"}}]}}',
    ):
        with pytest.raises(InvalidInput, match="same key twice"):
            plain.predict_v1(body.encode())

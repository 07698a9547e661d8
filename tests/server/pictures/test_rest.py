import json
from base64 import b64decode
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.image.convert import COLOURED
from model.image.digit import EMPTY, INVERTED
from server import metrics
from server.pictures.request import ImageRequest
from server.pictures.rest import RestHandlers
from server.predictor import Predictor
from tests.server.pictures.images import BAR, BAR_MEAN, BLOCK, BLOCK_MEAN, base64, jpeg, png
from tests.server.pictures.refusals import refused

# Lighter than a block that fills the middle, which the model finds strange; still in MNIST's form.
FULL = np.maximum(BLOCK, np.pad(np.full((26, 26), 30, np.uint8), 1))
FULL_MEAN = (20 * 20 * 255 + (26 * 26 - 20 * 20) * 30) / 255 / 28**2

STRANGE = {"reason": "unfamiliar", "sentence": "It does not look like a stroke of ink."}


@pytest.fixture
def rest(ink: Predictor) -> RestHandlers:
    assert ink.task.picture
    return RestHandlers(ink, ink.task.picture)


def probabilities(mean: float) -> Any:
    return pytest.approx({"little": 1 - mean, "much": mean}, abs=1e-6)


def test_one_picture_gets_a_complete_answer(rest: RestHandlers) -> None:
    assert json.loads(rest.predict(ImageRequest(png(BAR))).body) == {
        "label": "little",
        "prediction": 0,
        "probability": pytest.approx(1 - BAR_MEAN),
        "probabilities": probabilities(BAR_MEAN),
        "notes": [],
        "alarms": [],
        "warnings": [],
    }
    answer = json.loads(rest.predict(ImageRequest(png(FULL))).body)
    assert (answer["label"], answer["prediction"]) == ("much", 1)
    assert answer["probability"] == pytest.approx(FULL_MEAN)
    assert answer["alarms"] == [STRANGE]


def test_notes_come_from_decoder_and_transform_and_alarms_from_the_model(rest: RestHandlers) -> None:
    colourful = np.repeat(255 - FULL[:, :, None], 3, axis=2)
    colourful[10:20, 10:20] = 60, 0, 0
    answer = json.loads(rest.predict(ImageRequest(png(colourful))).body)
    assert answer["notes"] == [COLOURED, INVERTED]
    assert answer["alarms"] == [STRANGE]
    assert answer["warnings"] == [COLOURED, INVERTED, STRANGE["sentence"]]


def test_an_alarm_is_counted_by_model_and_reason(rest: RestHandlers) -> None:
    labels = {"model": "ink", "reason": "unfamiliar"}
    before = metrics.REGISTRY.get_sample_value("mlserving_alarms_total", labels)
    assert before is not None, "a counter that only appears with the first alarm cannot show its rate"
    rest.predict(ImageRequest(png(FULL)))
    rest.predict(ImageRequest(png(BAR)))
    assert metrics.REGISTRY.get_sample_value("mlserving_alarms_total", labels) == before + 1


def test_a_blank_picture_gets_no_answer(rest: RestHandlers) -> None:
    blank = BAR * 0
    nothing = dict.fromkeys(("label", "prediction", "probability", "probabilities"))
    remarks = {"notes": [], "alarms": [EMPTY._asdict()], "warnings": [EMPTY.sentence]}
    assert json.loads(rest.predict(ImageRequest(png(blank))).body) == nothing | remarks
    asked = ImageRequest(png(blank), probabilities=True)
    assert json.loads(rest.predict_img(asked).body) == {"y": None, "probabilities": None} | {
        name: remark for name, remark in remarks.items() if remark
    }
    answer = batch(rest, [BAR.tolist(), blank.tolist()], probabilities=True)
    assert answer["y"] == [0, None]
    assert answer["probabilities"][1] is None
    assert answer["alarms"] == [[], [EMPTY._asdict()]]


def test_a_float32_has_its_shortest_decimal_form(rest: RestHandlers) -> None:
    text = rest.predict(ImageRequest(png(BAR))).body.decode()
    assert f'"probability":{np.float32(1) - np.float32(BAR_MEAN)!s}' in text


def test_the_preview_is_the_models_input(rest: RestHandlers) -> None:
    for predict in (rest.predict, rest.predict_img):
        head, _, data = json.loads(predict(ImageRequest(png(255 - BAR), preview=True)).body)["seen"].partition(",")
        assert head == "data:image/png;base64"
        assert np.asarray(Image.open(BytesIO(b64decode(data)))).tolist() == BAR.tolist()


def test_the_label_path_answers_only_what_was_asked(rest: RestHandlers) -> None:
    assert rest.predict_img(ImageRequest(png(BAR))).body == b'{"y":"little"}'
    assert rest.predict_img(ImageRequest(png(BLOCK))).body == b'{"y":"much"}'
    assert json.loads(rest.predict_img(ImageRequest(png(255 - BAR))).body) == {
        "y": "little",
        "notes": [INVERTED],
        "warnings": [INVERTED],
    }
    answer = json.loads(rest.predict_img(ImageRequest(png(BLOCK), probabilities=True)).body)
    assert answer == {"y": "much", "probabilities": probabilities(BLOCK_MEAN)}


def batch(rest: RestHandlers, pictures: Any, **more: Any) -> Any:
    return json.loads(rest.predict_batch(json.dumps({"x": pictures, **more}).encode(), {}).body)


def test_a_batch_is_answered_with_classes(rest: RestHandlers) -> None:
    assert batch(rest, BAR.tolist()) == {"y": [0]}
    assert batch(rest, [BAR.tolist(), BLOCK.tolist(), BLOCK.tolist()]) == {"y": [0, 1, 1]}
    answer = batch(rest, [BAR.tolist(), BLOCK.tolist()], probabilities=True)
    assert answer["y"] == [0, 1]
    assert np.array(answer["probabilities"]) == pytest.approx(
        np.array([[1 - BAR_MEAN, BAR_MEAN], [1 - BLOCK_MEAN, BLOCK_MEAN]])
    )


def test_a_batch_has_notes_and_alarms_for_each_picture_and_warnings_that_name_it(rest: RestHandlers) -> None:
    sentence = STRANGE["sentence"]
    assert batch(rest, [BAR.tolist(), (255 - BAR).tolist(), FULL.tolist()]) == {
        "y": [0, 0, 1],
        "notes": [[], [INVERTED], []],
        "alarms": [[], [], [STRANGE]],
        "warnings": [f"Picture 1: {INVERTED}", f"Picture 2: {sentence}"],
    }
    assert batch(rest, [FULL.tolist()])["warnings"] == [sentence]


def test_v1_accepts_files_and_arrays_and_answers_like_predict(rest: RestHandlers) -> None:
    instances = [
        {"b64": base64(png(BAR))},
        {"image_bytes": {"b64": base64(png(BLOCK))}, "key": "1"},
        BLOCK.tolist(),
        FULL[:, :, None].tolist(),
    ]
    answers = json.loads(rest.predict_v1(json.dumps({"instances": instances, "more": 1}).encode(), {}).body)[
        "predictions"
    ]
    files = [json.loads(rest.predict(ImageRequest(png(picture))).body) for picture in (BAR, BLOCK, BLOCK, FULL)]
    assert answers == files


@pytest.mark.parametrize(
    ("document", "reason", "fact"),
    [
        ({}, "structure", "JSON object {"),
        ([], "structure", "JSON object {"),
        ({"instances": {}}, "structure", "JSON object {"),
        ({"instances": []}, "empty_list", ""),
        ({"instances": [7]}, "structure", "not a number"),
        ({"instances": ["AAAA"]}, "structure", "not a string"),
        ({"instances": [BAR.tolist(), {}]}, "structure", "Picture 1: An instance must be"),
        ({"instances": [{"b64": 7}]}, "structure", "An instance must be"),
        ({"instances": [{"image_bytes": "AAAA"}]}, "structure", "An instance must be"),
        ({"instances": [{"b64": "AAAA", "image_bytes": {"b64": "AAAA"}}]}, "structure", "An instance must be"),
        ({"instances": [BAR.tolist(), {"b64": "AA"}]}, "base64", "Picture 1: "),
        ({"instances": [BAR.tolist(), {"b64": "AAAA"}]}, "picture_format", "Picture 1: "),
        (
            {"instances": [BAR.tolist(), [[0]]]},
            "picture_pixels",
            "Picture 1: A picture must have at least 8 × 8 pixels",
        ),
    ],
)
def test_other_instances_are_refused(rest: RestHandlers, document: Any, reason: str, fact: str) -> None:
    with refused(reason, fact):
        rest.predict_v1(json.dumps(document).encode(), {})


def test_duplicate_keys_are_refused(rest: RestHandlers) -> None:
    file = base64(jpeg(BAR))
    for body in (
        f'{{"instances":[{{"b64":"{file}"}}],"instances":[{{"b64":"{file}"}}]}}',
        f'{{"instances":[{{"b64":"{file}","b64":"{file}"}}]}}',
    ):
        with refused("duplicate_key"):
            rest.predict_v1(body.encode(), {})

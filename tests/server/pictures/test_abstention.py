"""A model that may say that it cannot tell: what callers of each protocol get then."""

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from model.bundle_write import save
from model.task import Abstention
from server.pictures.request import ImageRequest
from server.pictures.rest import RestHandlers
from server.pictures.result import INCONCLUSIVE
from server.pictures.v2 import V2Handler
from server.predictor import Predictor
from tests.server.pictures import bundles
from tests.server.pictures.images import BAR, BLOCK, base64, png

NOTE = "There may be some all the same."
ALARM = {"reason": "inconclusive", "sentence": INCONCLUSIVE.sentence}


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    """The model of ink, which says "much" only if it is rather sure, and has a note on "little"."""
    folder: Path = tmp_path_factory.mktemp("careful")
    plain = bundles.ink(folder / "plain")
    assert plain.task.picture
    picture = replace(plain.task.picture, abstention=Abstention(1.0, 0.0, (1.0, 0.3)), label_notes={"little": NOTE})
    made = save(folder / "careful", replace(plain.task, picture=picture), None, plain.onnx, {}, {})
    predictor = Predictor("careful", made)
    predictor.load()
    return predictor


@pytest.fixture
def rest(careful: Predictor) -> RestHandlers:
    assert careful.task.picture
    return RestHandlers(careful, careful.task.picture)


def test_an_answer_beyond_its_limit_is_withheld(rest: RestHandlers) -> None:
    answer = json.loads(rest.predict(ImageRequest(png(BLOCK))).body)
    assert {answer[name] for name in ("label", "prediction", "probability", "probabilities")} == {None}
    assert answer["alarms"][-1] == ALARM
    assert NOTE not in answer["notes"]


def test_each_class_has_its_own_limit_and_its_own_note(rest: RestHandlers) -> None:
    answer = json.loads(rest.predict(ImageRequest(png(BAR))).body)
    assert (answer["label"], answer["alarms"], answer["notes"]) == ("little", [], [NOTE])


def test_pictures_of_one_request_are_judged_each_on_its_own(careful: Predictor) -> None:
    assert careful.task.picture
    files = [base64(png(BLOCK)), base64(png(BAR))]
    request = {"inputs": [{"name": "input", "shape": [2], "datatype": "BYTES", "data": files}]}
    outputs = json.loads(V2Handler(careful, careful.task.picture)(msgspec.json.encode(request), {}).body)["outputs"]
    by_name = {output["name"]: output["data"] for output in outputs}
    assert by_name["prediction"] == [-1, 0]
    assert ["inconclusive" in alarms for alarms in by_name["alarms"]] == [True, False]
    assert by_name["notes"] == ["", NOTE]


def test_the_rule_survives_the_bundle(careful: Predictor) -> None:
    again = type(careful.task).from_dict(careful.task.to_dict())
    assert again == careful.task

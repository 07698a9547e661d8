"""A model that names its number answers with that name and rounds, except in V2."""

import json
from pathlib import Path
from typing import Any

import pytest

import model
from model.bundle import load
from server import info, openapi
from server.openapi import schemas
from server.page.answer import render_answer
from server.predictor import Predictor
from server.rows import rest, v2
from tests.server.refusal import refusal


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    found = Predictor("media_cost", load(Path(model.__file__).parent / "bundles" / "media_cost"))
    found.load()
    return found


@pytest.fixture
def row(predictor: Predictor) -> dict[str, Any]:
    return dict(predictor.task.example)


def test_rows_get_the_rounded_number_under_its_name(predictor: Predictor, row: dict[str, Any]) -> None:
    rows = json.dumps({"instances": [row, row]}).encode()
    assert rest.predict(predictor, json.dumps(row).encode(), {}).body == b'{"cost":105.41}'
    assert rest.predict_batch(predictor, rows, {}).body == b'{"predictions":[{"cost":105.41},{"cost":105.41}]}'
    assert rest.predict_v1(predictor, rows, {}).body == b'{"predictions":[105.41,105.41]}'


def test_warnings_stand_beside_the_number(predictor: Predictor, row: dict[str, Any]) -> None:
    answer = json.loads(rest.predict(predictor, json.dumps(row | {"store_sqft": 1e6}).encode(), {}).body)
    assert list(answer) == ["cost", "warnings"]


@pytest.mark.parametrize(
    ("change", "reason", "named"),
    [
        (lambda row: row.pop("store_sqft"), "missing_field", "lacks store_sqft"),
        (lambda row: row.update(store_sqft="big"), "value_type", "store_sqft"),
        (lambda row: row.update(store_sqft=None), "value_type", "store_sqft"),
        (lambda row: row.update(store_sqft=float("nan")), "invalid_json", "NaN"),
        (lambda row: row.update(colour="red"), "unknown_field", "unknown field"),
        (lambda row: row.update(florist=0.5), "unknown_category", "florist must be true or false"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(
    predictor: Predictor, row: dict[str, Any], change: Any, reason: str, named: str
) -> None:
    change(row)
    refused = refusal(rest.predict, predictor, json.dumps(row).encode(), {})
    assert (refused.status, refused.reason) == (400, reason)
    assert named in refused.sentence


def test_v2_does_not_round(predictor: Predictor, row: dict[str, Any]) -> None:
    tensor = {"name": "input", "shape": [1, 15], "datatype": "FP64", "data": list(row.values())}
    answer = json.loads(v2.infer(predictor, json.dumps({"inputs": [tensor]}).encode(), {}).body)
    (cost,) = answer["outputs"][0]["data"]
    assert cost != round(cost, 2) == 105.41


def test_info_and_the_page_have_the_name_and_the_unit(predictor: Predictor) -> None:
    described = info.describe(predictor, ["media_cost"])
    assert described["number"] == {"name": "cost", "decimals": 2, "unit": "dollars"}
    assert "cost 83.40 dollars" in str(render_answer(predictor.task, {}, {"cost": 83.4}))


def test_the_openapi_document_has_the_number_in_place_of_a_prediction(predictor: Predictor) -> None:
    answer = schemas.answer(predictor)
    assert answer["properties"]["cost"]["type"] == "number"
    assert "prediction" not in answer["properties"]
    assert answer["required"] == ["cost"]
    assert schemas.info(predictor.task)["properties"]["number"]["properties"].keys() == {"name", "decimals", "unit"}
    operation = openapi.document([predictor])["paths"]["/predict"]["post"]
    assert operation["responses"]["200"]["content"]["application/json"]["example"] == {"cost": 105.41}

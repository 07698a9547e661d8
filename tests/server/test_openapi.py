"""The OpenAPI document agrees with the routes and with the responses of a real server process."""

import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis import Config
from schemathesis.engine import events, from_schema

from model.task import Feature
from server import errors, openapi, routing
from server.openapi import schemas
from server.openapi.names import Named, Names
from server.predictor import Predictor
from server.tensors import Tensor

Document = dict[str, Any]

# With a deadline of 0 ms, or a coding that the body does not have, every body is refused.
REFUSED = [
    {"$ref": f"#/components/parameters/{name}"} for name in ("X-Envoy-Expected-Rq-Timeout-Ms", "Content-Encoding")
]

CONFIG = {"generation": {"deterministic": True, "max-examples": 10}, "continue-on-failure": True}

# No schema can describe binary tensors, or that `shape` and the length of `data` must agree.
UNSAYABLE = "/infer$"


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> Document:
    found: Document = client.get("/openapi.json").json()
    return found


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def compared_examples(document: Document, client: httpx.Client) -> int:
    """Send every example and compare the answer with the documented one. Return how many answers were compared."""
    compared = 0
    for path, method, operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        answer = client.request(method, path, json=content.get("example"))
        assert answer.status_code == 200, (path, answer.text)
        expected = operation["responses"]["200"]["content"]["application/json"].get("example")
        assert expected is None or answer.json() == expected, path
        compared += expected is not None
    return compared


def faults(document: Document, url: str, unsayable: str = UNSAYABLE) -> list[str]:
    """Return what schemathesis finds. `unsayable` matches paths that refuse more than a schema can describe."""
    document = deepcopy(document)
    document["paths"].pop("/", None)  # its HTML page and form are not in the document
    for _, _, operation in operations(document):
        operation["parameters"] = [about for about in operation["parameters"] if about not in REFUSED]
    more_is_refused = {"include-path-regex": unsayable, "checks": {"positive_data_acceptance": {"enabled": False}}}
    config = Config.from_dict({**CONFIG, "base-url": url, "operations": [more_is_refused]})
    found: list[str] = []
    for event in from_schema(schemathesis.openapi.from_dict(document, config=config)).execute():
        assert not isinstance(event, events.NonFatalError | events.FatalError), event
        if isinstance(event, events.ScenarioFinished):
            checks = (check for checks in event.recorder.checks.values() for check in checks)
            found += [
                f"{event.recorder.label}: {check.failure_info.failure}\n{check.failure_info.code_sample}"
                for check in checks
                if check.failure_info
            ]
    return found


@pytest.mark.slow
def test_requests_are_accepted_or_refused_as_the_document_says(document: Document, client: httpx.Client) -> None:
    assert faults(document, str(client.base_url)) == []


# Makes one thing wrong in the operation, the schema of its request, or the schema of its answer.
Mistake = Callable[[Document, Document, Document], object]

MISTAKES: dict[str, Mistake] = {
    "a larger number is taken": lambda _operation, row, _answer: row["properties"]["x"].update(maximum=1e300),
    "only whole numbers are taken": lambda _operation, row, _answer: row["properties"]["x"].update(type="integer"),
    "a field may be left out": lambda _operation, row, _answer: row.update(required=["x"]),
    "there is one label": lambda _operation, _row, answer: answer["properties"]["label"].update(enum=["high"]),
    "more is answered": lambda _operation, _row, answer: answer["required"].append("more"),
    "nothing is refused with 400": lambda operation, _row, _answer: operation["responses"].pop("400"),
    "a header comes": lambda operation, _row, _answer: operation["responses"]["200"]["headers"].update(
        {"X-More": {"required": True, "schema": {"type": "string"}}}
    ),
    "a header must be sent": lambda operation, _row, _answer: operation["parameters"].append(
        {"name": "X-More", "in": "header", "required": True, "schema": {"type": "string"}}
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_in_the_document_is_found(document: Document, client: httpx.Client, mistake: str) -> None:
    wrong = deepcopy(document)
    operation, named = wrong["paths"]["/predict"]["post"], wrong["components"]["schemas"]
    MISTAKES[mistake](operation, named["SignRow"], named["SignPrediction"])
    assert faults({**wrong, "paths": {"/predict": {"post": operation}}}, str(client.base_url))


def test_document_lists_exactly_the_routes(sign: Predictor, gap: Predictor) -> None:
    table = routing.api_routes([sign, gap])
    listed = {(path, method) for path, method, _ in operations(openapi.document([sign, gap]))}
    assert listed == table.keys()


def schemas_in(part: object) -> Iterator[Document]:
    if isinstance(part, list):
        for item in part:
            yield from schemas_in(item)
    elif isinstance(part, dict):
        yield part
        for name, inner in part.items():
            if name != "example":
                yield from schemas_in(inner)


def test_document_has_only_what_generators_take(document: Document) -> None:
    for schema in schemas_in(document):
        assert schema.get("items") is not False, schema
        assert "oneOf" not in schema, schema
        assert "const" not in schema, schema
        assert "enum" not in schema or "type" in schema, schema


def test_operations_have_unique_ids(document: Document) -> None:
    ids = {path: operation["operationId"] for path, _, operation in operations(document)}
    assert len(set(ids.values())) == len(ids)
    assert ids["/predict/sign"] == "predict_sign"
    assert ids["/v2/models/sign/infer"] == "infer_sign"


def test_names_of_models_that_look_alike_stay_apart() -> None:
    names = Names()
    assert [names.operation_id("predict", model) for model in ("a-b", "a_b")] == ["predict_a_b", "predict_a_b_"]
    found = [names.extract(Named("Row", {"type": kind}), model) for kind, model in (("string", "a-b"), ("null", "a_b"))]
    assert found == [{"$ref": "#/components/schemas/ABRow"}, {"$ref": "#/components/schemas/ABRow_"}]
    assert names.schemas["ABRow_"] == {"type": "null"}


def test_request_content_types_are_those_of_the_route(sign: Predictor) -> None:
    table = routing.api_routes([sign])
    for path, method, operation in operations(openapi.document([sign])):
        reads = {name.decode() for name in table[path, method].reads if name}
        assert set(operation.get("requestBody", {}).get("content", {})) == reads, path


def test_error_schema_lists_every_reason(document: Document) -> None:
    reasons = document["components"]["schemas"]["Error"]["properties"]["reason"]["enum"]
    assert set(reasons) == {reason for of_status in errors.reasons_by_status().values() for reason in of_status}


def test_every_example_gets_the_documented_answer(document: Document, client: httpx.Client) -> None:
    assert compared_examples(document, client) > 15


@pytest.mark.timing
def test_document_is_made_within_20_ms(sign: Predictor, price: Predictor, gap: Predictor) -> None:
    def seconds() -> float:
        began = time.thread_time()
        openapi.document([sign, price, gap])
        return time.thread_time() - began

    assert min(seconds() for _ in range(10)) < 0.02


def test_row_schema_has_optional_fields_and_training_ranges(price: Predictor) -> None:
    number = Feature("size", "FP32", unit="m", description="how big", minimum=1, maximum=2.5, optional=True)
    colour = Feature("colour", "BYTES", categories=("blue", "red"))
    row = schemas.row(replace(price.task, features=(colour, number), example={"colour": "red"}))
    assert row["required"] == ["colour"]
    assert row["additionalProperties"] is False
    assert row["properties"]["size"]["type"] == ["number", "null"]
    assert row["properties"]["size"]["description"] == "how big, m, seen in training: 1 to 2.5"
    assert row["properties"]["colour"] == {"type": "string", "description": "seen in training: blue, red"}


@pytest.mark.parametrize(("optional", "values"), [(False, ["blue", "red"]), (True, ["", "blue", "red", None])])
def test_closed_string_lists_its_categories(price: Predictor, optional: bool, values: list[object]) -> None:
    colour = Feature("colour", "BYTES", categories=("blue", "red"), closed=True, optional=optional)
    row = schemas.row(replace(price.task, features=(colour,), example={"colour": "red"}))
    assert row["properties"]["colour"] == {"type": ["string", "null"] if optional else "string", "enum": values}


def test_booleans_and_codes_are_listed(club: Predictor) -> None:
    row = schemas.row(club.task)["properties"]
    assert (row["member"]["type"], row["member"]["maximum"]) == (["boolean", "integer", "null"], 1)
    assert row["level"] == {"type": "number", "enum": [1, 2, 2.5], "description": "one of 1, 2, 2.5"}


def test_answer_schema_has_scores_and_several_targets(sign: Predictor, gap: Predictor) -> None:
    sign.outputs = (Tensor("prediction", "INT64", (-1,)), Tensor("score", "FP64", (-1,)))
    assert schemas.answer(sign)["required"] == ["prediction", "label", "score"]
    gap.task = replace(gap.task, targets=("width", "height"))
    assert schemas.answer(gap)["properties"]["prediction"]["minItems"] == 2
    assert schemas.info(gap.task)["properties"]["targets"]["items"] == {"type": "string"}


def test_list_schema_has_a_type_per_value(price: Predictor, sign: Predictor) -> None:
    _, values = schemas.instances(price.task)["properties"]["instances"]["items"]["anyOf"]
    assert [value["type"] for value in values["prefixItems"]] == ["string", "number"]
    assert (values["minItems"], values["maxItems"], values["items"]) == (2, 2, {})
    _, values = schemas.instances(sign.task)["properties"]["instances"]["items"]["anyOf"]
    assert (values["minItems"], values["maxItems"], values["items"]["type"]) == (2, 2, "number")

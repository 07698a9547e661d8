"""The OpenAPI document of a server of rows and pictures."""

from copy import deepcopy

import httpx
import pytest

from server import openapi, routing
from server.predictor import Predictor
from tests.server.test_openapi import Document, compared_examples, faults, operations

# The schema cannot say that rows of pixels have one length, or which bytes are a picture either.
UNSAYABLE = "/infer$|/(ink|bulk)(/|:|$)|^/predict(ion)?(/batch|/img)?$"


@pytest.fixture(scope="module")
def document(both: httpx.Client) -> Document:
    found: Document = both.get("/openapi.json").json()
    return found


def test_the_document_lists_exactly_the_servers_paths(sign: Predictor, ink: Predictor, bulk: Predictor) -> None:
    for served in ([sign, ink, bulk], [ink, sign], [ink]):
        table = routing.api_routes(served)
        listed = {(path, method): operation for path, method, operation in operations(openapi.document(served))}
        assert listed.keys() == table.keys()
        for (path, method), operation in listed.items():
            reads = {name.decode() for name in table[path, method].reads if name}
            assert set(operation.get("requestBody", {}).get("content", {})) == reads, path


@pytest.mark.slow
def test_every_example_works(document: Document, both: httpx.Client) -> None:
    assert compared_examples(document, both) > 20


@pytest.mark.slow
def test_the_server_conforms_to_the_document(document: Document, both: httpx.Client) -> None:
    assert faults(document, str(both.base_url), UNSAYABLE) == []


@pytest.mark.slow
def test_an_undocumented_status_would_be_found(document: Document, both: httpx.Client) -> None:
    wrong = deepcopy(document)
    operation = wrong["paths"]["/predict/ink"]["post"]
    operation["responses"].pop("400")
    wrong["paths"] = {"/predict/ink": {"post": operation}}
    assert faults(wrong, str(both.base_url), UNSAYABLE)

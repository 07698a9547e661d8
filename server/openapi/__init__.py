"""The OpenAPI document of the models served."""

from collections.abc import Iterable
from typing import Any

from server.openapi import paths
from server.openapi.components import components
from server.predictor import Predictor


def document(predictors: Iterable[Predictor]) -> dict[str, Any]:
    """OpenAPI 3.1: the plain routes for the first predictor, V1 and V2 for each."""
    predictors = tuple(predictor for predictor in predictors if predictor.task.picture is None)
    first = predictors[0]
    found = paths.of_plain(first) | paths.of_server([predictor.name for predictor in predictors])
    for predictor in predictors:
        found |= paths.of_v1(predictor) | paths.of_v2(predictor)
    return {
        "openapi": "3.1.0",
        "info": {"title": first.task.title, "version": first.task.version},
        "paths": found,
        "components": components(),
    }

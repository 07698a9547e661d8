"""The OpenAPI document of the models served."""

from collections.abc import Iterable
from typing import Any

from server.openapi import paths
from server.openapi.components import components
from server.predictor import Predictor


def document(predictors: Iterable[Predictor]) -> dict[str, Any]:
    """OpenAPI 3.1."""
    predictors = tuple(predictors)
    first = predictors[0]
    return {
        "openapi": "3.1.0",
        "info": {"title": first.task.title, "version": first.task.version},
        "paths": paths.of(predictors),
        "components": components(),
    }

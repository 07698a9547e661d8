"""Describe the server and its models as an OpenAPI document."""

from collections.abc import Iterable
from typing import Any

from server.openapi import paths
from server.openapi.components import components
from server.predictor import Predictor


def document(predictors: Iterable[Predictor]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of these models."""
    predictors = tuple(predictors)
    first = predictors[0]
    return {
        "openapi": "3.1.0",
        "info": {"title": first.task.title, "version": first.task.version},
        "servers": [{"url": "."}],  # where the document is, so also behind a proxy that strips a prefix from the path
        "paths": paths.paths_for(predictors),
        "components": components(),
    }

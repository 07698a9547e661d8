"""Describe the server and its models as an OpenAPI document."""

from collections.abc import Iterable
from typing import Any

from server.openapi.components import components
from server.openapi.names import Names
from server.openapi.paths import paths_for
from server.predictor import Predictor


def document(predictors: Iterable[Predictor]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of these models."""
    predictors = tuple(predictors)
    first, names = predictors[0], Names()
    paths = paths_for(predictors, names)
    parts = names.extract(components())
    return {
        "openapi": "3.1.0",
        "info": {"title": first.task.title, "version": first.task.version},
        "servers": [{"url": "."}],  # where the document is, so also behind a proxy that strips a prefix from the path
        "paths": paths,
        "components": parts | {"schemas": names.schemas},
    }

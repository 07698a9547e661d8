"""The description of a model that GET /info returns."""

from collections.abc import Sequence
from typing import Any

import msgspec

from server.predictor import Predictor


def describe(predictor: Predictor, models: Sequence[str]) -> dict[str, Any]:
    """Return what the model is and what it takes. `models` are the names of all that are served."""
    task = predictor.task
    if task.picture:
        takes = {"picture": msgspec.to_builtins(task.picture)}
    else:
        takes = {"inputs": [msgspec.to_builtins(feature) for feature in task.features], "example": dict(task.example)}
    return {
        "name": task.title,
        "version": task.version,
        "model": predictor.name,
        "models": list(models),
        "kind": task.kind,
        "backend": predictor.backend,
        "labels": list(task.labels),
        **({"targets": list(task.targets)} if task.targets else {}),
        **takes,
        "digest": predictor.bundle.digest,
    }

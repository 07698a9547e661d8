"""Describes a model, for GET /info and for the metadata of KServe's V2."""

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
        **({"number": msgspec.to_builtins(task.number)} if task.number else {}),
        **takes,
        **({"speed": msgspec.to_builtins(speed)} if (speed := predictor.bundle.speed) else {}),
        "digest": predictor.bundle.digest,
    }


def metadata(predictor: Predictor) -> dict[str, Any]:
    """Return the model's metadata as V2 has it. KServe's own has no version."""
    return {
        "name": predictor.name,
        "versions": [predictor.task.version],
        "platform": "",
        "inputs": predictor.get_input_types(),
        "outputs": predictor.get_output_types(),
    }


def readiness(predictor: Predictor) -> dict[str, Any]:
    return {"name": predictor.name, "ready": predictor.ready}

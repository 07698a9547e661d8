"""What both versions are asked: rows drawn from the ranges that the model has seen, or the pictures of the model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx

from loadtest.users.models import CannotRunError
from loadtest.users.pictures import FOLDER, read_pictures

ROWS = 500
MODEL_GONE = "{host} does not say what a model {name} takes: {reason}."


@dataclass(frozen=True)
class Question:
    """A request for one prediction; `path` is that of the model, which every version has."""

    path: str
    body: bytes
    content_type: str


def questions(host: str, name: str) -> list[Question]:
    """Return the requests, the same ones each time. Raises CannotRunError."""
    try:
        response = httpx.get(f"{host}/info/{name}", timeout=5)
        response.raise_for_status()
        info: dict[str, Any] = response.json()
    except (httpx.HTTPError, ValueError) as error:
        raise CannotRunError(MODEL_GONE.format(host=host, name=name, reason=error)) from error
    path = f"/predict/{name}"
    if info.get("picture"):
        folder = name.replace("-", "_")  # KServe's names have no underscores
        if not (FOLDER / folder).is_dir():
            raise CannotRunError(f"There are no pictures for {name} in {FOLDER}.")
        return [Question(path, picture.data, picture.content_type) for picture in read_pictures(folder)]
    random = Random(0)  # noqa: S311 (nothing secret)
    rows = [drawn(info["inputs"], info["example"], random) for _ in range(ROWS)]
    return [Question(path, json.dumps(row).encode(), "application/json") for row in rows]


def drawn(inputs: Sequence[Mapping[str, Any]], example: Mapping[str, Any], random: Random) -> dict[str, Any]:
    """Return a row with a value for each input: one that is known, one within its range, or that of the example."""
    row = dict(example)
    for feature in inputs:
        name, known = feature["name"], feature["categories"] or feature["codes"]
        if known:
            row[name] = random.choice(known)
        elif feature["boolean"]:
            row[name] = random.random() < 0.5  # noqa: PLR2004 (a coin)
        elif feature["minimum"] is not None and feature["maximum"] is not None:
            value = random.uniform(feature["minimum"], feature["maximum"])
            row[name] = value if feature["datatype"].startswith("FP") else round(value)
    return row

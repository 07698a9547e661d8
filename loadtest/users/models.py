"""Which models a load uses, with which share of the users, and what the server says about them.

A load can use the tabular model, whose rows are in `rows.csv`, the media-cost model, whose rows are in `campaigns.csv`,
and every model that has a folder of pictures.
"""

import json
import urllib.error
import urllib.request
from argparse import ArgumentTypeError
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

from loadtest.format import listed
from loadtest.users.pictures import FOLDER

TABULAR = "breast_model"
COST = "media_cost"
PICTURES = tuple(sorted(folder.name for folder in FOLDER.iterdir()))
MODELS = (TABULAR, COST, *PICTURES)
HELP = (
    f"models under load, of {', '.join(MODELS)}, each with an optional weight: {TABULAR}=3,digits=1 gives "
    f"three quarters of the users to {TABULAR}"
)
TIMEOUT = 5  # seconds


class CannotRunError(Exception):
    """The load cannot begin or could not be made; the message is one sentence for a person."""


@dataclass(frozen=True)
class ModelInfo:
    """What GET /info says about a model.

    Attributes:
        labels: The label of each class, in the order of the classes.
        size: Height and width in pixels of the pictures that the model takes as arrays; None for a tabular model.
    """

    labels: tuple[str, ...]
    size: tuple[int, int] | None = None


def parse_weights(text: str) -> dict[str, int]:
    """Parse `breast_model=3,digits`; a missing weight is 1. Raises ArgumentTypeError."""
    weights: dict[str, int] = {}
    for part in text.split(","):
        name, equals, weight = part.strip().partition("=")
        if name not in MODELS:
            raise ArgumentTypeError(f"There is no load for {name!r}, only for {listed(list(MODELS))}.")
        if name in weights:
            raise ArgumentTypeError(f"{name} is given twice.")
        if equals and not (weight.isascii() and weight.isdigit() and int(weight)):
            raise ArgumentTypeError(f"The weight of {name} must be a whole number from 1, not {weight!r}.")
        weights[name] = int(weight or 1)
    return weights


def format_weights(models: Mapping[str, int]) -> str:
    """Return the text that `parse_weights` reads: `digits=1`."""
    return ",".join(f"{name}={weight}" for name, weight in models.items())


def describe_weights(models: Mapping[str, int]) -> str:
    """Return `digits`, or `breast_model (3) and digits (1)` if the weights differ."""
    if len(set(models.values())) == 1:
        return listed(list(models))
    return listed([f"{name} ({weight})" for name, weight in models.items()])


def check_host(host: str, models: Iterable[str]) -> None:
    """Make sure that something responds at `host` and that it serves the models.

    An error status is a response too; only no response, or a missing model, leaves nothing to measure.

    Raises:
        CannotRunError: There is nothing to measure.
    """
    if not host.startswith(("http://", "https://")):
        raise CannotRunError(f"--host must be a URL such as http://127.0.0.1:8000, not {host!r}.")
    _get(f"{host}/health")
    for model in models:
        status, _ = _get(f"{host}/info/{model}")
        if model != TABULAR and status == HTTPStatus.NOT_FOUND:
            raise CannotRunError(f"{host} serves no model {model}.")


def read_info(host: str, model: str) -> ModelInfo:
    """Read the labels of a model, and the size of its pictures, from the server under load.

    Rows go to the server's default model, whatever its name.

    Raises:
        CannotRunError: The server does not describe the model.
    """
    url = f"{host}/info/{model}"
    status, body = _get(url)
    if model == TABULAR and status == HTTPStatus.NOT_FOUND:
        url = f"{host}/info"
        status, body = _get(url)
    if status != HTTPStatus.OK:
        raise CannotRunError(f"{url} describes no model: status {status}.")
    try:
        info: dict[str, Any] = json.loads(body)
        picture = info.get("picture")
        size = (picture["height"], picture["width"]) if picture else None
        return ModelInfo(tuple(info["labels"]), size)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CannotRunError(f"{url} describes no model: {error!r}.") from error


def _get(url: str) -> tuple[int, bytes]:
    try:
        # Locust ignores the proxies of the environment too.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(url, timeout=TIMEOUT) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
    except (OSError, HTTPException) as error:
        raise CannotRunError(f"Nothing answers at {url}: {error}. Is the server up?") from error

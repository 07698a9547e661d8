"""The routes under which one model predicts, and which models answer where none is named."""

from collections.abc import Mapping
from typing import TypeVar

from server.predictor import Predictor
from server.route import Route
from server.rows import protocols as rows

T = TypeVar("T")


def of(predictor: Predictor) -> dict[str, Route]:
    """By their paths, in which {model} stands for its name."""
    if predictor.task.picture is None:
        return rows.of(predictor)
    from server.pictures import protocols as pictures  # noqa: PLC0415 (Pillow is for those who serve pictures)

    return pictures.of(predictor, predictor.task.picture)


def firsts(served: Mapping[Predictor, Mapping[str, T]], path: str) -> list[tuple[Predictor, T]]:
    """What is under the path of the first model of rows, and of the first of pictures, where there are such models."""
    found: dict[bool, tuple[Predictor, T]] = {}
    for predictor, of_model in served.items():
        if path in of_model:
            found.setdefault(predictor.task.picture is not None, (predictor, of_model[path]))
    return [found[takes_pictures] for takes_pictures in sorted(found)]

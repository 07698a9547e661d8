"""Shows a bundle in a terminal, as text and tables."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from model.bundle import Bundle, load
from model.task import Feature, Number, Picture, Task

WIDTH = 100
BATCH = 1_000  # rows, in the second of the figures of speed, unless the model is slow
TESTS = ("robustness", "out_of_distribution")  # parts of a card that have figures for each of several tests

Figures = Mapping[str, Any]


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    shown = commands.add_parser("show", help="print what a bundle takes, predicts and how good it is")
    shown.add_argument("folder", type=Path, metavar="FOLDER")
    shown.set_defaults(run=lambda arguments: print(readable(load(arguments.folder))))


def readable(bundle: Bundle) -> str:
    """Return the bundle as lines of text."""
    card = bundle.card
    head = f"{bundle.task.title} · {bundle.task.name} {bundle.task.version}\ndigest {bundle.digest}"
    paragraphs = [f"{_title(key)}: {card[key]}" for key in ("summary", "intended_use", "method") if key in card]
    limits = ["Limits:", *(f"- {limit}" for limit in card.get("limits", ()))]
    return "\n\n".join(
        [
            head,
            *(_wrap(paragraph) for paragraph in paragraphs),
            "\n".join(_wrap(line) for line in limits),
            _named("Data", card.get("data", {})),
            _picture(bundle.task.picture) if bundle.task.picture else _inputs(bundle.task),
            _number_named(bundle.task.number) if bundle.task.number else "",
            *figures_tables(list(bundle.class_names.values()), card.get("metrics", {})),
            *(_tests(_title(name), card[name]) for name in TESTS if name in card),
            _named("Milliseconds per picture on one core", card.get("milliseconds", {})),
            _named("Which fit each figure belongs to", card.get("fits", {})),
            _wrap(f"Served by {backend(bundle)}. {speed(bundle)}".rstrip()),
            _named(f"What is served, compared with the {_source(bundle.task)}", card.get("verification", {})),
            _named("Made with", card.get("versions", {})),
        ]
    ).replace("\n\n\n", "\n")


def backend(bundle: Bundle) -> str:
    """Return what runs the model, in words."""
    if bundle.skops is None:
        numbers = {feature.datatype for feature in bundle.task.features if feature.is_number}
        return f"onnxruntime{' in double precision' if 'FP64' in numbers else ''}"
    trusted = ", ".join(bundle.skops.trusted)
    return f"scikit-learn{f', which builds objects of these types: {trusted}' if trusted else ''}"


def speed(bundle: Bundle) -> str:
    """Return how fast each backend that could serve the model predicts, as a sentence; empty if nobody measured it."""
    sentences = [
        f"{name} predicts {_rate(rates.requests_per_second)} rows per second one by one and "
        f"{_rate(rates.rows_per_second)} in batches of up to {BATCH:,}"
        for name, rates in bundle.speed.items()
    ]
    return f"On one core of the machine that bundled it, {'; '.join(sentences)}." if sentences else ""


def _rate(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.3g}"  # noqa: PLR2004


def figures_tables(classes: Sequence[str], metrics: Mapping[str, Figures]) -> list[str]:
    """Return a table of all single figures, then confusion and calibration of each evaluation that has them.

    Args:
        classes: What to call each class, in the order of the confusion matrix.
        metrics: The figures of each evaluation by its name.
    """
    if not metrics:
        return []
    single = [key for figures in metrics.values() for key, value in figures.items() if _is_single(value)]
    head = ["", *(_title(name) for name in metrics)]
    body = [
        [_title(key), *(_number(figures.get(key)) for figures in metrics.values())] for key in dict.fromkeys(single)
    ]
    tables = ["Figures\n" + table([head, *body])]
    for name, figures in metrics.items():
        if "confusion_matrix" in figures:
            tables.append(f"Confusion, {_title(name).lower()}\n" + _confusion(classes, figures))
        if "reliability" in figures:
            tables.append(f"Calibration, {_title(name).lower()}\n" + _calibration(figures))
    return tables


def table(lines: Sequence[Sequence[str]]) -> str:
    """Return a table with the first column aligned to the left and the others to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  " + "  ".join([line[0].ljust(widths[0]), *(map(str.rjust, line[1:], widths[1:]))]).rstrip() for line in lines
    )


def _confusion(classes: Sequence[str], figures: Figures) -> str:
    counts = figures["confusion_matrix"]["counts"]
    head = ["", *(f"predicted {name}" for name in classes)]
    return table([head, *([f"is {name}", *map(str, row)] for name, row in zip(classes, counts, strict=True))])


def _calibration(figures: Figures) -> str:
    head = ["probability", "rows", "mean predicted", "observed share"]
    body = [
        [
            f"{part['from']:.1f} to {part['to']:.1f}",
            str(part["rows"]),
            _number(part["mean_probability"]),
            _number(part["observed_share"]),
        ]
        for part in figures["reliability"]
    ]
    return table([head, *body])


def _inputs(task: Task) -> str:
    return "Inputs\n" + table(
        [["name", "type", "unit", "seen in training", "may be missing"], *map(_input, task.features)]
    )


def _number_named(number: Number) -> str:
    unit = f" in {number.unit}" if number.unit else ""
    return f"Answer: {number.name}{unit}, with {number.decimals} decimals."


def _source(task: Task) -> str:
    return "network" if task.picture else "pipeline"


def _picture(picture: Picture) -> str:
    warns = f" The server warns of a picture with a strangeness above {_number(picture.strange_above)}."
    return _wrap(
        f"Input: {picture.subject}, as a picture; the transform {picture.transform!r} brings it to {picture.height} × "
        f"{picture.width} pixels.{warns if picture.strange_above is not None else ''}"
    )


def _tests(title: str, tests: Mapping[str, Figures]) -> str:
    columns = list(dict.fromkeys(column for figures in tests.values() for column in figures))
    body = [[_title(name), *(_number(figures.get(column)) for column in columns)] for name, figures in tests.items()]
    return f"{title}\n" + table([["", *map(_title, columns)], *body])


def _input(feature: Feature) -> list[str]:
    seen = f"{_number(feature.minimum)} to {_number(feature.maximum)}"
    if not feature.is_number:
        strings = textwrap.shorten(", ".join(feature.categories), 40, placeholder=" …")
        seen = f"{strings}; no others" if feature.closed else strings
    return [feature.name, feature.datatype, feature.unit, seen, "yes" if feature.optional else "no"]


def _named(title: str, values: Mapping[str, Any]) -> str:
    lines = [f"- {_title(key).lower()}: {_number(value)}" for key, value in values.items()]
    return "\n".join([f"{title}:", *(_wrap(line) for line in lines)]) if values else ""


def _wrap(text: str) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _title(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _is_single(value: Any) -> bool:
    return value is None or isinstance(value, int | float)


def _number(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, Mapping):
        return ", ".join(f"{_title(key).lower()} {_number(each)}" for key, each in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)

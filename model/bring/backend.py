"""Chooses what runs a pipeline: ONNX in single precision, in double precision, or scikit-learn itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import pandas as pd

from model import fitted_pipeline
from model.bring import boosters, model_file, probe, sklearn_version, trust
from model.bring.answers import Answered, ask, unsteady
from model.bring.check import ConversionCheck, compare, open_graph
from model.bring.convertible import parts
from model.bring.description import for_sklearn, in_precision
from model.bring.onnx import convert
from model.bring.storable import storable
from model.bundle import BundleError, SkopsFile
from model.task import Task


class Choice(NamedTuple):
    """How a pipeline is served.

    Attributes:
        task: What it takes and predicts.
        model: The ONNX graph, or the pipeline for scikit-learn.
        check: How its predictions compare with the pipeline's.
        why: Sentences for the card that say why it is not ONNX, if it is not.
    """

    task: Task
    model: bytes | SkopsFile
    check: ConversionCheck
    why: list[str]


def choose(pipeline: Any, sample: pd.DataFrame, described: Task, trusted: Sequence[str]) -> Choice:
    """Return the first form whose predictions are the pipeline's own.

    Args:
        pipeline: The fitted pipeline.
        sample: The rows that it takes.
        described: What it takes and predicts, with numbers in double precision.
        trusted: The types beyond scikit-learn's own that it may need in the server.

    Raises:
        BundleError: There is none.
    """
    reasons = []
    answered = list(ask(pipeline, probe.blocks(pipeline, sample, described.features)))
    numbers: tuple[Literal["FP32", "FP64"], ...] = (
        ("FP64",) if boosters.need_double(list(parts(pipeline))) else ("FP32", "FP64")
    )
    for number in numbers:
        task = in_precision(described, number)
        try:
            graph = convert(pipeline, task)
            check = compare(answered, open_graph(graph), task)
        except Exception as error:  # skl2onnx and onnxruntime raise errors of many kinds, even plain Exception
            reasons.append(f"ONNX cannot express it: {_reason(error)}.")
            continue
        if check.holds:
            return Choice(task, graph, check, [])
        reasons.append(f"The predictions of the ONNX graph in {number} differ: {check.summary()}.")
    sklearn_version.refuse_to_serve(reasons[0])
    choice = _by_sklearn(pipeline, described, sample, answered, list(dict.fromkeys(reasons)))
    if isinstance(choice.model, SkopsFile) and (names := trust.untrusted(choice.model.trusted, trusted)):
        raise BundleError(
            f"ONNX cannot express the model, and for scikit-learn it needs {', '.join(names)} in the server. "
            f"If you trust that, add {' '.join(f'--trust {name}' for name in names)}."
        )
    return choice


def _by_sklearn(
    pipeline: Any, task: Task, sample: pd.DataFrame, answered: list[Answered], reasons: list[str]
) -> Choice:
    if any(map(boosters.is_booster, parts(pipeline))):  # the server has none of their packages
        raise BundleError(f"{reasons[-1]} It cannot be served otherwise.")
    try:
        file = fitted_pipeline.dump(for_sklearn(storable(pipeline), sample))
        loaded = fitted_pipeline.load(file)
        check = compare(answered, lambda rows: loaded.run(task, rows), task)
    except Exception as error:  # skops and scikit-learn raise errors of many kinds
        failed = f"{' '.join(reasons)} scikit-learn cannot serve it either: {model_file.first_line(error)}."
        raise BundleError(_unsteady(pipeline, answered) or failed) from error
    if not check.holds:
        differ = f"{reasons[0]} Served by scikit-learn, its predictions differ too: {check.summary()}."
        raise BundleError(_unsteady(pipeline, answered) or differ)
    return Choice(task, file, check, [*reasons, "scikit-learn runs it, which is slower than ONNX."])


def _unsteady(pipeline: Any, answered: list[Answered]) -> str:
    return next(filter(None, (unsteady(pipeline, each.rows) for each in answered if len(each.rows))), "")


def _reason(error: Exception) -> str:
    """Rephrase an error of skl2onnx or onnxruntime for a person who knows only scikit-learn."""
    if "[ONNXRuntimeError]" in str(error):
        if operator := re.search(r"(?:implementation for |(?:Optype|node|operator) \(|running )(\w+)", str(error)):
            return f"onnxruntime cannot run its operator {operator[1]}"
        return re.sub(r".*\[ONNXRuntimeError\] : \d+ : \w+ : ", "", model_file.first_line(error))
    if unknown := re.search(r"for (?:type|operator|alias)\s+['\"<]*(?:class\s+')?([\w.]+)", str(error)):
        return f"it has no operator for {unknown[1].rsplit('.', 1)[-1]}"
    return re.sub(r"\.? *You may raise an .*", "", model_file.first_line(error))

"""What becomes of one file: it is bundled and served, and its answers are compared with the model's own."""

import tempfile
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from model.bring import pipeline
from model.bring.request import WARNING, BundleRequest
from model.bundle import Bundle, BundleError
from server.predictor import Predictor
from tests.bring import asking
from tests.bring.asking import Answers
from tests.bring.case import Case, Made, contained, make
from tests.bring.variation import varied

TOLERANCE = 1e-5  # relative to the answer, or to this share of its scale if that is larger:
FLOOR = 0.01  # of 1 for probabilities, of their standard deviation for other numbers
LONGEST = 300  # characters of a refusal


@dataclass(frozen=True)
class Outcome:
    """What became of a file.

    Attributes:
        result: "warned" if it is served with a warning, "differs" if an answer is not the model's own, "fails" if there
            is neither an answer nor a refusal.
        detail: The warning, the refusal, the first difference or the failure.
        backend: What serves it.
    """

    result: Literal["served", "warned", "refused", "differs", "fails"]
    detail: str = ""
    backend: str = ""

    def __str__(self) -> str:
        return f"{self.result}: {self.detail or self.backend}"


@cache
def outcome(case: Case) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        return _outcome(case, Path(folder))


def _outcome(case: Case, folder: Path) -> Outcome:
    made = make(case, folder)
    try:
        bundle = pipeline.bundle(_request(case, made, folder))
    except BundleError as error:
        fits = len(str(error)) <= LONGEST and "\n" not in str(error)
        return Outcome("refused", str(error)) if fits else Outcome("fails", f"{len(str(error))} characters: {error}")
    except Exception as error:  # whatever it is, the command would show a traceback
        return Outcome("fails", f"{type(error).__name__} while bundling: {error}")
    backend = "scikit-learn" if bundle.skops else f"ONNX {_numbers(bundle)}"
    try:
        difference = _difference(case, made, bundle)
    except (asking.Refused, BundleError) as error:
        return Outcome("differs", str(error), backend)
    except Exception as error:  # a fault of the server
        return Outcome("fails", f"{type(error).__name__} while serving: {error}", backend)
    if difference:
        return Outcome("differs", difference, backend)
    warned = next((limit for limit in bundle.card["limits"] if limit.startswith(WARNING)), "")
    return Outcome("warned" if warned else "served", warned, backend)


def _request(case: Case, made: Made, folder: Path) -> BundleRequest:
    beside = {
        option: folder / names if isinstance(names, str) else [folder / name for name in names]
        for option, names in case.beside.items()
    }
    labels = () if "encoder" in beside else case.labels
    fields = {"target": ",".join(case.predicted) or None, "labels": labels, **beside, **case.options}
    return BundleRequest(made.file, made.data, "mine", folder / "mine", **fields)


def _numbers(bundle: Bundle) -> str:
    return next((feature.datatype for feature in bundle.task.features if feature.is_number), "FP32")


def _difference(case: Case, made: Made, bundle: Bundle) -> str:
    """Return the first answer that is not the model's own; empty if there is none."""
    rows = varied(made.sample, made.fresh, case.gaps, lambda row: _takes(case, made, row))
    expected = _expected(case, made.content, rows, bundle)
    predictor = Predictor("mine", bundle)
    asked = rows.rename(columns=str)[list(bundle.task.names)]
    with warnings.catch_warnings():  # a server does not end with what a pipeline remarks on rows
        warnings.simplefilter("ignore")
        predictor.load()
        answered = asking.ask(predictor, asked)
    for protocol, answers in answered.items():
        for name, values in answers._asdict().items():
            if name == "positions" or values is None:
                continue
            own = getattr(expected, name)
            if own is None:
                return f"{protocol} has {name}, which the model has not"
            wrong = _wrong([own[position] for position in answers.positions], values, name)
            if len(wrong):
                at = answers.positions[wrong[0]]
                row = rows.iloc[at].to_dict()
                return f"{protocol} {name}: {len(wrong)} rows; {row}: {values[wrong[0]]} instead of {own[at]}"
    return ""


def _wrong(expected: list[Any], got: list[Any], name: str) -> Any:
    """Return the positions of the answers that differ."""
    if len(expected) != len(got):
        return np.arange(max(len(expected), len(got)))[:1]
    own, given = np.array(expected), np.array(got)
    if name == "labels" or own.dtype.kind != "f":
        return np.flatnonzero([one != other for one, other in zip(expected, got, strict=True)])
    scale = 1.0 if name in ("chosen", "probabilities") else own.std(axis=0)
    size = np.maximum(np.abs(own), FLOOR * scale)
    far = ~(np.abs(own - given) <= TOLERANCE * size)  # written so that NaN is far
    return np.flatnonzero(far.reshape(len(own), -1).any(axis=1))


def _takes(case: Case, made: Made, row: pd.DataFrame) -> bool:
    """Return whether the model itself takes a row and answers with finite numbers, and does not cut its codes."""
    if any(row[name].iloc[0] % 1 for name in case.codes):
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            predicted = np.asarray(made.content.predict(contained(row, case.form, made.content)))
        except Exception:  # estimators raise what they like on rows that they do not take
            return False
    return predicted.dtype.kind != "f" or bool(np.isfinite(predicted).all())


def _expected(case: Case, model: Any, rows: pd.DataFrame, bundle: Bundle) -> Answers:
    """Return what the model itself answers, in the form of the server's answers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = contained(rows, case.form, model)
        predicted = np.asarray(model.predict(given))
        everything = range(len(rows))
        if bundle.task.kind == "regression":
            several = predicted.ndim > 1 and predicted.shape[1] > 1
            return Answers(everything, predicted.astype(float).tolist() if several else predicted.ravel().tolist())
        own = getattr(model, "classes_", sorted(set(predicted.tolist())))
        own = own.tolist() if isinstance(own, np.ndarray) else list(own)
        shown = dict(zip(own, case.labels, strict=True)) if case.labels else {}
        labels = [str(shown.get(value, value)) for value in predicted.tolist()]
        scores = model.score_samples(given).tolist() if hasattr(model, "score_samples") else None
        probabilities = model.predict_proba(given) if hasattr(model, "predict_proba") else None
    chosen = None
    if probabilities is not None:
        chosen = [row[own.index(value)] for row, value in zip(probabilities, predicted.tolist(), strict=True)]
        probabilities = probabilities.tolist()
    predictions = [value if isinstance(value, str) else int(value) for value in predicted.tolist()]
    return Answers(everything, predictions, labels, chosen, probabilities, scores)

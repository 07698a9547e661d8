"""Joins a model and its preprocessing steps, which were saved in files of their own and given with --before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils.validation import check_is_fitted

from model.bring import first_step, misfit, model_file
from model.bring.advice import LABELS, is_only_a_step
from model.bring.fitted_on import as_fitted
from model.bring.request import BundleRequest
from model.bundle import BundleError


def load(request: BundleRequest) -> tuple[Any, list[str]]:
    """Return the model of a request, behind the steps that are given with it, and sentences for its card.

    Raises:
        BundleError: A file holds something else.
    """
    model, notes = model_file.load(request.pipeline, request.trust)
    steps = []
    for path in request.before:
        step, more = model_file.read(path, request.trust)
        steps.append(_checked(step, path))
        notes = [*notes, *more]
    joined = make_pipeline(*steps, model) if steps else model
    first_step.complete(joined)
    return joined, list(dict.fromkeys(notes))


def compare(joined: Pipeline, sample: pd.DataFrame) -> list[str]:
    """Compare what the steps make of the sample with what the model was fitted on; see `misfit.compare`."""
    try:
        prepared = joined[:-1].transform(as_fitted(joined, sample))
    except Exception as error:  # estimators raise what they like on rows that they do not take
        raise BundleError(f"The steps fail on the rows given: {model_file.first_line(error)}.") from error
    if not isinstance(prepared, np.ndarray | pd.DataFrame):  # but a sparse matrix, as of a vectorizer
        return []
    return misfit.compare(joined[-1], pd.DataFrame(prepared))


def _checked(step: Any, path: Path) -> Any:
    if not is_only_a_step(step) or isinstance(step, LABELS):
        raise BundleError(
            f"{path} holds a {type(step).__name__}, which does not prepare rows. Give scalers, encoders, imputers and "
            "vectorizers with --before, in the order in which they were applied."
        )
    try:
        check_is_fitted(step)
    except NotFittedError:
        raise BundleError(f"{path} holds a {type(step).__name__} that is not fitted. Call fit first.") from None
    return step

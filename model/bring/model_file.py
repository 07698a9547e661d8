"""Writes a fitted pipeline with joblib, and reads one."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import joblib
from sklearn.base import BaseEstimator, is_classifier
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.utils.validation import check_is_fitted

from model.bring import advice
from model.bring.kinds import predicts, takes_series
from model.bring.progress import step
from model.bundle import BundleError


def dump(pipeline: Any) -> bytes:
    """Return the uncompressed joblib bytes; the same pipeline always gives the same."""
    buffer = io.BytesIO()
    joblib.dump(pipeline, buffer)
    return buffer.getvalue()


@step("Loading the model")
def load(path: Path) -> tuple[Any, list[str]]:
    """Load a fitted estimator that predicts. This runs code in the file: load only files that you trust.

    Returns:
        The estimator, and sentences about its version for the card.

    Raises:
        BundleError: The file holds anything else.
    """
    pipeline, notes = read(path)
    _check(pipeline, path)
    return pipeline, notes


def read(path: Path) -> tuple[Any, list[str]]:
    """Load whatever a file holds, as `load` does. Raises BundleError."""
    if not path.is_file():
        raise BundleError(f"There is no file {path}.")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            pipeline = joblib.load(path)
        except Exception as error:  # a pickle runs code, which may raise anything
            raise BundleError(
                f"{path} cannot be loaded by joblib here ({type(error).__name__}: {first_line(error)})."
            ) from error
    fitted_with = {
        warning.message.original_sklearn_version
        for warning in caught
        if isinstance(warning.message, InconsistentVersionWarning)
    }
    return pipeline, [
        f"The pipeline was fitted with scikit-learn {version} and converted with another version."
        for version in sorted(fitted_with)
    ]


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message without its full stop."""
    return (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(" .")


def _check(pipeline: Any, path: Path) -> None:
    if isinstance(pipeline, type) or not isinstance(pipeline, BaseEstimator) or advice.is_only_a_step(pipeline):
        raise BundleError(advice.refusal(pipeline, path))
    if not predicts(pipeline):
        raise BundleError(
            f"{path} holds a {type(pipeline).__name__}, which does not predict anything for new rows. "
            "Give the pipeline or the model that does."
        )
    try:
        check_is_fitted(pipeline)
    except NotFittedError:
        raise BundleError(f"{path} holds a {type(pipeline).__name__} that is not fitted. Call fit first.") from None
    if not (hasattr(pipeline, "n_features_in_") or takes_series(pipeline)):
        raise BundleError(
            f"{path} does not say how many columns it takes (n_features_in_). "
            "Only pipelines that take a table of columns, or texts, can be served."
        )
    if is_classifier(pipeline) and isinstance(pipeline.classes_, list):
        raise BundleError(f"{path} predicts several classes per row. Only one class per row can be served.")

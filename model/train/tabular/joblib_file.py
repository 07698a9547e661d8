"""A fitted pipeline as joblib bytes, and back."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import joblib
from sklearn.base import BaseEstimator, is_classifier, is_regressor
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.utils.validation import check_is_fitted

from model.bundle import BundleError


def dump(pipeline: Any) -> bytes:
    """Uncompressed; the same pipeline always gives the same bytes."""
    buffer = io.BytesIO()
    joblib.dump(pipeline, buffer)
    return buffer.getvalue()


def load(path: Path) -> tuple[Any, list[str]]:
    """A fitted classifier or regressor and what there is to say about its versions; BundleError for anything else.

    Loading runs whatever code the file holds: only load files you trust.
    """
    if not path.is_file():
        raise BundleError(f"There is no file {path}.")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            pipeline = joblib.load(path)
        except Exception as error:  # a pickle runs code of its own, which may raise anything
            raise BundleError(
                f"{path} cannot be loaded by joblib here ({type(error).__name__}: {first_line(error)})."
            ) from error
    _check(pipeline, path)
    fitted_with = {
        warning.message.original_sklearn_version
        for warning in caught
        if isinstance(warning.message, InconsistentVersionWarning)
    }
    return pipeline, [
        f"The pipeline was fitted with scikit-learn {version}, another version than converted it."
        for version in sorted(fitted_with)
    ]


def first_line(error: BaseException) -> str:
    """The first line of an error's message, without its full stop."""
    return (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(" .")


def _check(pipeline: Any, path: Path) -> None:
    if isinstance(pipeline, type) or not isinstance(pipeline, BaseEstimator):
        raise BundleError(f"{path} holds a {type(pipeline).__name__}, not a scikit-learn pipeline or estimator.")
    if not (is_classifier(pipeline) or is_regressor(pipeline)):
        raise BundleError(
            f"{path} holds a {type(pipeline).__name__} that is neither classifier nor regressor; "
            "only those can be served."
        )
    try:
        check_is_fitted(pipeline)
    except NotFittedError:
        raise BundleError(f"{path} holds a {type(pipeline).__name__} that is not fitted; call fit first.") from None
    if not hasattr(pipeline, "n_features_in_"):
        raise BundleError(
            f"{path} does not tell how many columns it takes (n_features_in_); "
            "only pipelines that take a table of columns can be served."
        )
    if is_classifier(pipeline) and isinstance(pipeline.classes_, list):
        raise BundleError(f"{path} answers several classes a row; only one answer a row can be served.")

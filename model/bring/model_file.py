"""Writes a fitted pipeline with joblib, and reads one: its opcodes first, and only what they may import is loaded."""

from __future__ import annotations

import io
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any

import joblib
import sklearn
from sklearn.base import BaseEstimator, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from model.bring import advice, boosters, file_kind, first_step, memory, pickle_load, pickle_scan
from model.bring.convertible import parts
from model.bring.examine import examine
from model.bring.kinds import predicts, takes_series
from model.bring.progress import step
from model.bundle import BundleError

LONGEST = 120  # characters of somebody else's error in one of our sentences


def dump(pipeline: Any) -> bytes:
    """Return the uncompressed joblib bytes; the same pipeline always gives the same."""
    buffer = io.BytesIO()
    joblib.dump(pipeline, buffer)
    return buffer.getvalue()


@step("Loading the model")
def load(path: Path, trusted: Collection[str] = ()) -> tuple[Any, list[str]]:
    """Load a fitted estimator that predicts.

    Args:
        path: The file.
        trusted: Names or modules that it may import besides those that models consist of.

    Returns:
        The estimator, and sentences about its version for the card.

    Raises:
        BundleError: The file holds anything else, or would import what is neither allowed nor trusted.
    """
    pipeline, notes = read(path, trusted)
    boosters.refuse_part(pipeline, path)
    boosters.prepare(list(parts(pipeline)), path)
    if isinstance(pipeline, BaseEstimator):
        first_step.complete(pipeline)
    _check(pipeline, path)
    return pipeline, notes


def read(path: Path, trusted: Collection[str] = ()) -> tuple[Any, list[str]]:
    """Load whatever a file holds, as `load` does. Raises BundleError."""
    found = examine(path, trusted)
    refuse_several(path, trusted, found)
    return _unpickled(path, trusted, found), [
        f"The pipeline was fitted with scikit-learn {version} and converted with {sklearn.__version__}."
        for version in sorted(found.versions - {sklearn.__version__})
    ]


def refuse_several(path: Path, trusted: Collection[str], found: pickle_scan.Scan) -> None:
    """Raise a BundleError that says what to do about a file of several pickles: none of them is taken in silence."""
    if found.pickles == 1:
        return
    try:
        with file_kind.opened(path) as stream, warnings.catch_warnings(), memory.bounded(2 * found.unpacked):
            warnings.simplefilter("ignore")
            content = [pickle_load.load(stream, trusted) for _ in range(found.pickles)]
            sentence = advice.refusal(content, path, pickles=found.pickles)
    except Exception:  # as in _unpickled, and what follows the first may be no pickle
        sentence = f"{path} holds more than one pickle. Save one object in it: the whole pipeline."
    raise BundleError(sentence)


def _unpickled(path: Path, trusted: Collection[str], found: pickle_scan.Scan) -> Any:
    # A few bytes can ask for any number of zeros: bytearray(1 << 40).
    with file_kind.opened(path) as stream, warnings.catch_warnings(), memory.bounded(2 * found.unpacked):
        warnings.simplefilter("ignore")  # another version is named in a sentence of ours
        try:
            return pickle_load.load(stream, trusted)
        except pickle_load.RefusedName as error:
            raise BundleError(f"{path} is refused: {first_line(error)}, which no model needs.") from error
        except MemoryError as error:
            raise BundleError(f"{path} asks for more memory than a model of its size needs.") from error
        except Exception as error:  # the classes in it may raise anything
            if isinstance(error, ModuleNotFoundError) and not str(error.name).startswith("sklearn."):
                if needed := boosters.missing_package(error):
                    raise BundleError(f"{path} cannot be loaded. {needed}") from error
                raise BundleError(
                    f"{path} needs the module {error.name!r}, which cannot be found here. Install its package, or run "
                    "in the folder that holds it."
                ) from error
            other = sorted(found.versions - {sklearn.__version__})
            written = f"; {other[0]} wrote it" if other else ""
            raise BundleError(
                f"{path} cannot be loaded with scikit-learn {sklearn.__version__}{written} "
                f"({type(error).__name__}: {first_line(error)})."
            ) from error


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message without its full stop, shortened if need be."""
    line = (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(" .")
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _check(pipeline: Any, path: Path) -> None:
    is_estimator = isinstance(pipeline, BaseEstimator) or boosters.is_booster(pipeline)
    if isinstance(pipeline, type) or not is_estimator or advice.is_only_a_step(pipeline):
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
            "Only pipelines that take a table of columns, texts, or dictionaries by a DictVectorizer, can be served."
        )
    if is_classifier(pipeline) and isinstance(pipeline.classes_, list):
        raise BundleError(advice.several_classes(pipeline, path))

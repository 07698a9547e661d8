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

from model.bring import advice, boosters, file_kind, pickle_load, pickle_scan
from model.bring.convertible import parts
from model.bring.joblib_array import DamagedPickle
from model.bring.kinds import predicts, takes_series
from model.bring.progress import step
from model.bundle import BundleError

LONGEST = 120  # characters of somebody else's error in one of our sentences

# Far more than any pickle has, so that a small file that unpacks to nothing but opcodes is left soon.
_OPCODES = 200_000
_OPCODES_PER_BYTE = 10


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
    _check(pipeline, path)
    return pipeline, notes


def read(path: Path, trusted: Collection[str] = ()) -> tuple[Any, list[str]]:
    """Load whatever a file holds, as `load` does. Raises BundleError."""
    found = examine(path, trusted)
    return _unpickled(path, trusted, found), [
        f"The pipeline was fitted with scikit-learn {version} and converted with {sklearn.__version__}."
        for version in sorted(found.versions - {sklearn.__version__})
    ]


def examine(path: Path, trusted: Collection[str] = ()) -> pickle_scan.Scan:
    """Read a file's opcodes. Nothing in it is executed.

    Raises:
        BundleError: It is not one whole pickle, or would import what is neither allowed nor trusted.
    """
    with file_kind.opened(path) as stream:
        try:
            found = pickle_scan.scan(stream, trusted, max(_OPCODES, _OPCODES_PER_BYTE * path.stat().st_size))
        except DamagedPickle as error:
            raise BundleError(
                f"{path} is not a pickle, or it is cut off or damaged. Save the fitted pipeline with joblib.dump and "
                "bundle that file."
            ) from error
    if found.refused:
        raise BundleError(_refusal(path, found))
    if found.pickles > 1:
        raise BundleError(_several(path, trusted, found.pickles))
    return found


def _unpickled(path: Path, trusted: Collection[str], found: pickle_scan.Scan) -> Any:
    with file_kind.opened(path) as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # another version is named in a sentence of ours
        try:
            return pickle_load.load(stream, trusted)
        except pickle_load.RefusedName as error:
            raise BundleError(f"{path} is refused: {first_line(error)}, which no model needs.") from error
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


def _several(path: Path, trusted: Collection[str], pickles: int) -> str:
    """Return what to do about a file of several pickles: none of them is taken in silence."""
    try:
        with file_kind.opened(path) as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return advice.refusal([pickle_load.load(stream, trusted) for _ in range(pickles)], path, pickles=pickles)
    except Exception:  # as in _unpickled, and what follows the first may be no pickle
        return f"{path} holds more than one pickle. Save one object in it: the whole pipeline."


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message without its full stop, shortened if need be."""
    line = (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(" .")
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _refusal(path: Path, found: pickle_scan.Scan) -> str:
    own = sorted(name.name for name in found.names if name.module == "__main__")
    if own:
        return (
            f"{path} needs {_some(own)}, defined in the script that saved it (__main__). Put it into a module of its "
            "own, import it from there, fit and save again, and add --trust MODULE."
        )
    modules = {name.module.partition(".")[0] for name in found.names if str(name) in found.refused}
    trust = " ".join(f"--trust {module}" for module in sorted(modules)[:3])
    advice = f" Only if you wrote the file and need that: {trust}." if trust else ""
    return f"{path} is refused before it is loaded: no model needs {_some(list(found.refused))}.{advice}"


def _some(names: list[str]) -> str:
    shown = ", ".join(name if len(name) <= 60 else f"{name[:59]}…" for name in names[:2])  # noqa: PLR2004
    return f"{shown} and {len(names) - 2} more" if len(names) > 2 else shown  # noqa: PLR2004


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
            "Only pipelines that take a table of columns, or texts, can be served."
        )
    if is_classifier(pipeline) and isinstance(pipeline.classes_, list):
        raise BundleError(f"{path} predicts several classes per row. Only one class per row can be served.")

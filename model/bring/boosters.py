"""Models of xgboost, lightgbm and catboost, and pipelines of imbalanced-learn.

Their packages are needed to load and to check a model, not to serve it: `scripts/environment boosters` installs them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from skl2onnx import update_registered_converter
from skl2onnx.common.data_types import Int64TensorType, StringTensorType, guess_tensor_type
from sklearn.base import is_classifier
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from model.bring import catboost_trees, lightgbm_trees, xgboost_trees
from model.bring.tree_ensemble import TreeEnsemble, write
from model.bundle import BundleError

INSTALL = "scripts/environment boosters"

_WHOLE = {
    "catboost": "Save a fitted CatBoostClassifier or CatBoostRegressor.",
    "lightgbm": "Fit an LGBMClassifier or LGBMRegressor with the same parameters, and save that.",
    "xgboost": (
        'Call its save_model("m.json"), then m = xgboost.XGBClassifier() (or XGBRegressor()); m.load_model("m.json"). '
        'Save m with joblib.dump(m, "model.joblib") and bundle that file.'
    ),
}

_COMPUTES = (ColumnTransformer, Pipeline)  # their steps compute what a booster gets
_PACKAGES = {
    "catboost": "catboost",
    "imblearn": "imbalanced-learn",
    "lightgbm": "lightgbm",
    "xgboost": "xgboost",
}
_READERS: dict[str, Callable[[Any], TreeEnsemble]] = {
    "catboost": catboost_trees.read,
    "lightgbm": lightgbm_trees.read,
    "xgboost": xgboost_trees.read,
}


def missing_package(error: BaseException) -> str:
    """Return what to do about an import that failed because one of these packages is missing; empty if none is."""
    module = error.name or "" if isinstance(error, ModuleNotFoundError) else ""
    package = _PACKAGES.get(module.partition(".")[0])
    return f"It needs {package}, which is not installed. Run {INSTALL}, then try again." if package else ""


def is_booster(part: Any) -> bool:
    """Return whether a part is a fitted estimator of one of these packages; xgboost's Booster inside one is not."""
    return _package(part) in _READERS and hasattr(part, "fit") and _is_fitted(part)


def read(model: Any) -> TreeEnsemble:
    """Return the trees of a booster. Raises ValueError if it has something that the trees of ONNX do not."""
    return _READERS[_package(model)](model)


def refuse_part(content: Any, path: Path) -> None:
    """Refuse a Booster, or the like, without the estimator that knows its columns and classes. Raises BundleError."""
    package = _package(content)
    if package in _WHOLE and not hasattr(content, "fit"):
        raise BundleError(f"{path.name} holds a {type(content).__name__} of {package} alone. {_WHOLE[package]}")


def prepare(parts: Iterable[Any], path: Path) -> None:
    """Refuse boosters that ONNX has no form for, and tell scikit-learn the columns that catboost was fitted on.

    Raises:
        BundleError: A booster among the parts of a pipeline cannot be served; the message says why.
    """
    for part in filter(is_booster, parts):
        try:
            read(part)
        except ValueError as error:
            raise BundleError(f"{path} cannot be served: {error}.") from error
        if _package(part) == "catboost":
            names = part.feature_names_
            part._n_features_in = len(names)
            if names != [str(place) for place in range(len(names))]:  # as catboost calls the columns of an array
                part.feature_names_in_ = np.array(names, dtype=object)


def need_double(parts: Collection[Any]) -> bool:
    """Return whether only double precision splits as the boosters among these parts do.

    lightgbm compares in double precision. The others round what they get, which a step before them may have computed.
    A new number of few digits often lies exactly on a threshold: of 190 rows with 3 or 4 digits, single precision
    moved the probability of some by up to 0.017.
    """
    found = {_package(part) for part in parts if is_booster(part)}
    return "lightgbm" in found or (bool(found) and any(isinstance(part, _COMPUTES) for part in parts))


def written_as(name: str, columns: Collection[str]) -> str:
    """Return the column that a model was fitted on as `name`: lightgbm replaces the blanks in names."""
    if name in columns:
        return name
    return next((column for column in columns if column.replace(" ", "_") == name), name)


def register(parts: Iterable[Any]) -> None:
    """Tell skl2onnx how the boosters among the parts of a pipeline are converted."""
    for kind in {type(part) for part in parts if is_booster(part)}:
        options = {"zipmap": [False]}
        if hasattr(kind, "decision_function"):  # which scikit-learn prefers to probabilities
            options["raw_scores"] = [False, True]
        update_registered_converter(kind, _alias(kind), _infer, _convert, parser=_parse, options=options)


def without_samplers(parts: Iterable[Any]) -> None:
    """Turn the parts that are imbalanced-learn's into scikit-learn's, which predict the same.

    Its samplers act in training alone, and its estimators differ from the ones that they inherit from in training
    alone.
    """
    for part in parts:
        if _package(part) != "imblearn":
            continue
        if isinstance(part, Pipeline):
            part.steps = [(name, step) for name, step in part.steps if not hasattr(step, "fit_resample")]
        base = next((base for base in type(part).__mro__ if base.__module__.startswith("sklearn.")), None)
        if base is not None and hasattr(part, "predict"):
            part.__class__ = base


def _is_fitted(part: Any) -> bool:
    try:
        check_is_fitted(part)
    except NotFittedError:
        return False
    return True


def _package(part: Any) -> str:
    """Return which of the packages a part's class, or one that it inherits from, comes from."""
    packages = (kind.__module__.partition(".")[0] for kind in type(part).__mro__)
    return next((package for package in packages if package in _PACKAGES), "")


def _alias(kind: type) -> str:
    return f"{kind.__module__}.{kind.__name__}"


def _parse(scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None) -> Any:  # noqa: ARG001
    """Declare the outputs of a booster; skl2onnx knows only classifiers that inherit from scikit-learn's."""
    operator = scope.declare_local_operator(_alias(type(model)), model)
    operator.inputs = inputs
    number = guess_tensor_type(inputs[0].type)
    if is_classifier(model):
        operator.outputs.append(scope.declare_local_variable("label", Int64TensorType()))
        operator.outputs.append(scope.declare_local_variable("probabilities", number))
    else:
        operator.outputs.append(scope.declare_local_variable("prediction", number))
    return operator.outputs


def _infer(operator: Any) -> None:
    """Set the types and shapes of the outputs."""
    rows = operator.inputs[0].get_first_dimension()
    number = type(guess_tensor_type(operator.inputs[0].type))
    if len(operator.outputs) == 1:
        operator.outputs[0].type = number([rows, None])
        return
    classes = operator.raw_operator.classes_.tolist()
    label = StringTensorType if all(isinstance(value, str) for value in classes) else Int64TensorType
    operator.outputs[0].type = label([rows])
    operator.outputs[1].type = number([rows, len(classes)])


def _convert(scope: Any, operator: Any, container: Any) -> None:
    model = operator.raw_operator
    raw = hasattr(model, "decision_function") and scope.get_options(model, {"raw_scores": False})["raw_scores"]
    write(read(model), scope, operator, container, raw=raw)

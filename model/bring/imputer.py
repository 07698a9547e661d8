"""Converts SimpleImputer for numbers, in single and in double precision.

skl2onnx 1.20 writes the operator ai.onnx.ml.Imputer, which onnxruntime has for single precision only
(https://github.com/onnx/sklearn-onnx/issues/616), and knows neither whole numbers that stand for a missing value nor
columns that say whether a value was missing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx import update_registered_converter
from skl2onnx.common.data_types import DoubleTensorType, StringTensorType, guess_numpy_type
from skl2onnx.operator_converters.common import concatenate_variables
from skl2onnx.operator_converters.imputer_op import convert_sklearn_imputer
from skl2onnx.shape_calculators.imputer import calculate_sklearn_imputer_output_shapes
from sklearn.impute import SimpleImputer

from model.bring.nodes import added, constant


def allow_any_number() -> None:
    update_registered_converter(SimpleImputer, "SklearnSimpleImputer", _shape, _convert, overwrite=True)


def _shape(operator: Any) -> None:
    calculate_sklearn_imputer_output_shapes(operator)
    if (indicator := operator.raw_operator.indicator_) is not None:
        operator.outputs[0].type.shape[1] += len(indicator.features_)


def _convert(scope: Any, operator: Any, container: Any) -> None:
    imputer = operator.raw_operator
    if isinstance(operator.inputs[0].type, StringTensorType):
        convert_sklearn_imputer(scope, operator, container)
        return
    fill = imputer.statistics_.astype(guess_numpy_type(operator.inputs[0].type))
    if not np.isfinite(fill).all():
        raise ValueError("its imputer saw a column without any value")
    values = concatenate_variables(scope, operator.inputs, container)
    if np.isnan(imputer.missing_values):
        gaps = added(scope, container, "IsNaN", [values])
    else:
        marker = constant(scope, container, np.array([imputer.missing_values], fill.dtype))
        gaps = added(scope, container, "Equal", [values, marker])
    indicator = imputer.indicator_
    output = operator.outputs[0].full_name if indicator is None else ""
    filled = added(scope, container, "Where", [gaps, constant(scope, container, fill[None]), values], output)
    if indicator is not None:
        told = added(scope, container, "Gather", [gaps, constant(scope, container, indicator.features_)], axis=1)
        kind = TensorProto.DOUBLE if isinstance(operator.inputs[0].type, DoubleTensorType) else TensorProto.FLOAT
        told = added(scope, container, "Cast", [told], to=kind)
        added(scope, container, "Concat", [filled, told], operator.outputs[0].full_name, axis=1)

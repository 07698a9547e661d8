"""Converts SimpleImputer in double precision.

skl2onnx writes the operator ai.onnx.ml.Imputer, which onnxruntime has for single precision only:
https://github.com/onnx/sklearn-onnx/issues/616
"""

from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx import update_registered_converter
from skl2onnx.common.data_types import DoubleTensorType
from skl2onnx.operator_converters.common import concatenate_variables
from skl2onnx.operator_converters.imputer_op import convert_sklearn_imputer
from skl2onnx.shape_calculators.imputer import calculate_sklearn_imputer_output_shapes
from sklearn.impute import SimpleImputer


def allow_double_precision() -> None:
    update_registered_converter(
        SimpleImputer,
        "SklearnSimpleImputer",
        calculate_sklearn_imputer_output_shapes,
        _convert,
        overwrite=True,
    )


def _convert(scope: Any, operator: Any, container: Any) -> None:
    imputer = operator.raw_operator
    in_double = all(isinstance(tensor.type, DoubleTensorType) for tensor in operator.inputs)
    if not in_double or not np.isfinite(imputer.statistics_).all():
        convert_sklearn_imputer(scope, operator, container)
        return
    values = concatenate_variables(scope, operator.inputs, container)
    statistics, missing = map(scope.get_unique_variable_name, ("statistics", "missing"))
    fill = imputer.statistics_.astype(np.float64)
    container.add_initializer(statistics, TensorProto.DOUBLE, [1, fill.size], fill)
    container.add_node("IsNaN", values, missing, name=scope.get_unique_operator_name("IsNaN"))
    container.add_node(
        "Where",
        [missing, statistics, values],
        operator.outputs[0].full_name,
        name=scope.get_unique_operator_name("Fill"),
    )

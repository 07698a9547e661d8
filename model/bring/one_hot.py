"""Converts OneHotEncoder exactly, for strings and for numbers.

skl2onnx 1.20 cuts off the fractions of numbers, so that 2.5 is taken for the category 2; it raises an error for unknown
categories unless they are ignored, and does not know rare categories that share a column.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from onnx import TensorProto
from skl2onnx import update_registered_converter
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType, guess_numpy_type
from sklearn.preprocessing import OneHotEncoder

from model.bring.nodes import added, constant

Codes = NDArray[np.float32]


def allow_exact_categories() -> None:
    update_registered_converter(OneHotEncoder, "SklearnOneHotEncoder", _shape, _convert, overwrite=True)


def _shape(operator: Any) -> None:
    kind = Int64TensorType if np.issubdtype(operator.raw_operator.dtype, np.signedinteger) else FloatTensorType
    width = sum(table.shape[1] for table, _ in _codes(operator.raw_operator))
    operator.outputs[0].type = kind([operator.inputs[0].get_first_dimension(), width])


def _convert(scope: Any, operator: Any, container: Any) -> None:
    encoder = operator.raw_operator
    columns = [(given, place) for given in operator.inputs for place in range(given.type.shape[1])]
    encoded = []
    for (given, place), known, (table, unknown) in zip(columns, encoder.categories_, _codes(encoder), strict=True):
        at = constant(scope, container, np.array([place]))
        column = added(scope, container, "Gather", [given.full_name, at], axis=1)
        matches = _strings if isinstance(given.type, StringTensorType) else _numbers
        hits = matches(scope, container, column, known, guess_numpy_type(given.type))
        encoded.append(_coded(scope, container, hits, table, unknown))
    joined = added(scope, container, "Concat", encoded, axis=1)
    whole = isinstance(operator.outputs[0].type, Int64TensorType)
    kind = TensorProto.INT64 if whole else TensorProto.FLOAT
    added(scope, container, "Cast", [joined], operator.outputs[0].full_name, to=kind)


def _strings(scope: Any, container: Any, column: str, known: NDArray[Any], _: Any) -> str:
    """Return which category [rows, categories] a string is, as 0 and 1; an unknown one is none."""
    categories = [str(value).encode() for value in known]
    hits = added(scope, container, "OneHotEncoder", [column], domain="ai.onnx.ml", cats_strings=categories, zeros=1)
    return added(scope, container, "Reshape", [hits, constant(scope, container, np.array([-1, len(known)]))])


def _numbers(scope: Any, container: Any, column: str, known: NDArray[Any], dtype: Any) -> str:
    categories = known.astype(np.float64).astype(dtype)
    hits = added(scope, container, "Equal", [column, constant(scope, container, categories[None])])
    if (gaps := pd.isna(known)).any():
        missing = added(scope, container, "IsNaN", [column])
        both = added(scope, container, "And", [missing, constant(scope, container, gaps[None])])
        hits = added(scope, container, "Or", [hits, both])
    return added(scope, container, "Cast", [hits], to=TensorProto.FLOAT)


def _coded(scope: Any, container: Any, hits: str, table: Codes, unknown: Codes) -> str:
    """Return the codes: most often the hits themselves, or all but one of them."""
    kept = table.argmax(axis=0)
    if unknown.any() or not np.array_equal(table, np.eye(len(table))[:, kept]):  # rare categories share a column
        product = added(scope, container, "MatMul", [hits, constant(scope, container, table - unknown)])
        return added(scope, container, "Add", [product, constant(scope, container, unknown)])
    if np.array_equal(kept, np.arange(len(table))):
        return hits
    return added(scope, container, "Gather", [hits, constant(scope, container, kept)], axis=1)


def _codes(encoder: OneHotEncoder) -> list[tuple[Codes, Codes]]:
    """Return for each column the codes of its categories [categories, width] and of an unknown value [width]."""
    known = encoder.categories_
    count = max(map(len, known))
    takes_unknown = encoder.handle_unknown != "error"
    columns = [
        pd.Series([*np.resize(values, count).tolist(), _other(values) if takes_unknown else values[0]])
        for values in known
    ]
    names = getattr(encoder, "feature_names_in_", range(len(known)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the unknown ones
        coded = encoder.transform(pd.DataFrame(dict(zip(names, columns, strict=True))))
    coded = np.asarray(coded.toarray() if hasattr(coded, "toarray") else coded, np.float32)
    parts = np.split(coded, np.cumsum(encoder._n_features_outs)[:-1], axis=1)
    return [
        (part[: len(values)], part[-1] if takes_unknown else np.zeros(part.shape[1], np.float32))
        for part, values in zip(parts, known, strict=True)
    ]


def _other(known: NDArray[Any]) -> Any:
    """Return a value that is not among the known ones."""
    present = known[~pd.isna(known)]
    if present.dtype.kind in "OU":
        return max(present, key=len, default="") + "?"
    return present.astype(np.float64).max(initial=0.0) + 1

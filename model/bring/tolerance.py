"""How far a served answer may be from the pipeline's own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-5  # relative to the answer

# An answer smaller than this share of its scale may be off as far as one of this size. The scale of a probability is 1.
# Small ones are often computed as 1 - p, and just below 1 single precision has steps of 6e-8: it can be held to 1e-7
# there, but not to less. The scale of a number is the standard deviation of the predictions for the sample: a sum whose
# terms cancel out has the precision of the terms.
FLOOR = 0.01

Array = NDArray[Any]


def spread(numbers: Array) -> Array:
    """Return the scale of predicted numbers, [n, …]: the standard deviation of each.

    A model that answers in single precision, such as xgboost's, also adds its terms in it. Its own small sums are then
    no more precise than the terms, so that FLOOR does not apply.
    """
    deviation = np.asarray(np.nanstd(numbers, axis=0, dtype=np.float64))
    return deviation / FLOOR if numbers.dtype == np.float32 else deviation


def relative_gaps(own: Array, served: Array, scale: float | Array) -> Array:
    """Return the differences relative to the pipeline's own answers, or to FLOOR of the scale where that is larger.

    Where both are 0, as for a model that always predicts 0, the difference itself is returned. NaN stays NaN.
    """
    size = np.maximum(np.abs(own), FLOOR * np.asarray(scale))
    gaps = np.abs(own - served)
    return np.asarray(np.divide(gaps, size, out=gaps.copy(), where=size > 0))

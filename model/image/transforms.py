"""The image transforms by the names that `model.task.Picture` uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from model.image import digit, scan

# Grey levels, [height, width] → the model's input, [height, width] in 0–1, and warnings for the caller.
Transform = Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], tuple[str, ...]]]

TRANSFORMS: Mapping[str, Transform] = {"digit": digit.prepare, "scan": scan.prepare}

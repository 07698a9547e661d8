"""The ways from any picture to what a graph takes, by the names that a task has for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from model.image import digit, scan

Transform = Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], tuple[str, ...]]]
"""[height, width] of grey → [height, width] of the task, in 0–1, and warnings."""

TRANSFORMS: Mapping[str, Transform] = {"digit": digit.prepare, "scan": scan.prepare}

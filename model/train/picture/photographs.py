"""Parts of photographs, which show neither a digit nor a scan."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_images


def photographs(random: np.random.Generator, count: int, side: int) -> list[NDArray[np.uint8]]:
    """So many squares, half of them from each of the two that scikit-learn brings along, in grey."""
    parts = []
    for photograph in load_sample_images().images:
        grey = np.asarray(Image.fromarray(photograph).convert("L"))
        for _ in range(count // 2):
            top, left = (int(random.integers(0, length - side)) for length in grey.shape)
            parts.append(grey[top : top + side, left : left + side])
    return parts

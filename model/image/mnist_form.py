"""Tell which pictures are in MNIST's form already: light ink on black, 20 pixels long, with its mass in the middle.

All 70,000 images of MNIST are. The rule holds for a stack, since a loop over 1,000 pictures would take a second.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE = 28
MIDDLE = 14  # pixels, the mean centre of mass of the MNIST images

_BLACK = 8  # grey levels; at least half of the border is no lighter
_BRIGHT = 200  # grey levels; the lightest pixel of MNIST has 254 or 255
_INK = 32  # grey levels; a lighter pixel counts as ink
_SHORTEST, _LONGEST = 18, 20  # pixels, the longer side of the ink
_OFF_CENTRE = 1.0  # pixels; in MNIST it is at most 0.52


def in_mnist_form(stack: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which of the pictures [n, height, width], light ink on black, are in MNIST's form, [n]."""
    count, *shape = stack.shape
    if shape != [SIDE, SIDE]:
        return np.zeros(count, np.bool_)
    ring = np.concatenate([stack[:, 0], stack[:, -1], stack[:, :, 0], stack[:, :, -1]], axis=1)
    fits = ((ring > _BLACK).mean(axis=1) <= 1 / 2) & (stack.max(axis=(1, 2)) >= _BRIGHT)
    lengths = []
    for axis in (1, 2):
        inked = stack.max(axis=axis) > _INK
        lengths.append(SIDE - inked.argmax(axis=1) - inked[:, ::-1].argmax(axis=1))
        profile = stack.sum(axis=axis, dtype=np.float32)
        centre = profile @ np.arange(SIDE, dtype=np.float32) / np.maximum(profile.sum(axis=1), 1)
        fits &= np.abs(centre - MIDDLE) <= _OFF_CENTRE
    longest = np.maximum(*lengths)
    return np.asarray(fits & (longest >= _SHORTEST) & (longest <= _LONGEST))

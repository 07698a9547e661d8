from pathlib import Path

import numpy as np
from PIL import Image, ImageColor

from loadtest.digits import histogram
from loadtest.report.colours import COLOURS

EVEN = np.full(10, 0.1)


def pixels_of(path: Path, name: str) -> int:
    colour = np.array(ImageColor.getrgb(COLOURS[name]))
    with Image.open(path) as picture:
        return int((np.asarray(picture.convert("RGB")) == colour).all(axis=2).sum())


def test_bars_are_as_long_as_their_shares(tmp_path: Path) -> None:
    path, half = tmp_path / "digits.png", np.array([0.1] * 5 + [0.0] * 5)
    histogram.draw("500 predictions", half, EVEN, path)
    predicted, training = (pixels_of(path, name) for name in ("pod-1", "ready"))
    assert predicted > 10_000
    assert 0.45 < predicted / training < 0.55

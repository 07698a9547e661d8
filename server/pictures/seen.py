"""A picture as the graph takes it → a data: URL, for people to look at."""

import io
from base64 import b64encode

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def data_url(picture: NDArray[np.float32]) -> str:
    """picture: [height, width], 0 (black) to 1 (white)."""
    written = io.BytesIO()
    Image.fromarray(np.rint(picture * 255).astype(np.uint8)).save(written, "PNG")
    return "data:image/png;base64," + b64encode(written.getvalue()).decode()

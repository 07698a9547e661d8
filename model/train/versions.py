"""What a bundle was made with."""

from __future__ import annotations

import platform
from importlib.metadata import version


def versions(*more: str) -> dict[str, str]:
    packages = ("scikit-learn", "numpy", "skl2onnx", "onnx", "onnxruntime", *more)
    return {"python": platform.python_version()} | {name: version(name) for name in packages}

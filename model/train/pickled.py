"""A fitted pipeline as joblib bytes."""

from __future__ import annotations

import io
from typing import Any

import joblib


def dump(pipeline: Any) -> bytes:
    """Uncompressed; the same pipeline always gives the same bytes."""
    buffer = io.BytesIO()
    joblib.dump(pipeline, buffer)
    return buffer.getvalue()

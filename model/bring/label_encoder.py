"""Takes the labels of the classes from the LabelEncoder that encoded the target before training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sklearn.base import is_classifier
from sklearn.preprocessing import LabelEncoder

from model.bring import model_file
from model.bring.request import BundleRequest
from model.bundle import BundleError


def labels(request: BundleRequest, pipeline: Any) -> Sequence[str]:
    """Return how to show the classes: as the request says, or as the encoder named in it; empty if neither does.

    Raises:
        BundleError: The encoder does not fit the pipeline.
    """
    if request.encoder is None:
        return request.labels
    if request.labels:
        raise BundleError("Both labels and an encoder are given. Give either --labels or --encoder.")
    encoder, _ = model_file.read(request.encoder, request.trust)
    if not isinstance(encoder, LabelEncoder) or not hasattr(encoder, "classes_"):
        raise BundleError(_no_encoder(request.encoder, encoder))
    codes = pipeline.classes_.tolist() if is_classifier(pipeline) else []
    names = encoder.classes_.tolist()
    if not codes or any(isinstance(code, str) or code not in range(len(names)) for code in codes):
        raise BundleError(
            f"{request.encoder} encodes {len(names)} classes as 0 to {len(names) - 1}, but the pipeline predicts "
            f"{codes[:5] if codes else 'no classes'}. Leave out --encoder, or give the encoder of this target."
        )
    return [str(names[int(code)]) for code in codes]


def _no_encoder(path: Path, found: Any) -> str:
    if isinstance(found, dict):
        keys = ", ".join(repr(key) for key in list(found)[:5])
        return f"{path} holds a dict of {keys}. Save the LabelEncoder of the target alone: joblib.dump(d[key], file)."
    return f"{path} holds a {type(found).__name__}, not a fitted LabelEncoder. Give the encoder of the target."

"""The manifest of a bundle: its files, each with its size and SHA-256, and how fast it predicted where it was made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

FORMATS = (1, 2)  # 2 is for a bundle that scikit-learn serves
MANIFEST = "manifest.json"
PIPELINE = "model_binary.dat.gz"
ONNX = "model.onnx"
SKOPS = "pipeline.skops"
TASK = "task.json"
CARD = "card.json"
STATISTICS = "statistics.json"
DESCRIPTION = (TASK, CARD, STATISTICS)
FILES = (ONNX, SKOPS, PIPELINE, *DESCRIPTION)

LONGEST_MANIFEST = 64 * 1024


class BundleError(ValueError):
    """A bundle cannot be read or written, or the data for it cannot; the message is for a person."""


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    sha256: str
    bytes: int


class Rates(msgspec.Struct, forbid_unknown_fields=True):
    """How many rows a backend predicted in a second, each in a call of its own and in batches."""

    requests_per_second: float
    rows_per_second: float


class Manifest(msgspec.Struct, forbid_unknown_fields=True):
    format: int
    files: dict[str, Entry]
    trusted: tuple[str, ...] = ()
    sklearn: str = ""
    speed: dict[str, Rates] = {}  # by the name of the backend


def parse_manifest(place: Path | str, head: bytes) -> Manifest:
    """Return the manifest in these bytes. Raises BundleError."""
    try:
        manifest = msgspec.json.decode(head, type=Manifest)
    except ValueError as error:
        raise BundleError(f"The manifest of {place} is invalid: {error}.") from error
    if manifest.format not in FORMATS:
        raise BundleError(
            f"The bundle {place} has format {manifest.format}. This program reads formats 1 to {FORMATS[-1]}."
        )
    if surplus := sorted(set(manifest.files) - set(FILES)):
        raise BundleError(f"The manifest of {place} lists {surplus[0]!r}, which is not a file of a bundle.")
    if missing := sorted(set(DESCRIPTION) - set(manifest.files)):
        raise BundleError(f"The manifest of {place} does not list {missing[0]}.")
    if len({ONNX, SKOPS} & set(manifest.files)) != 1:
        raise BundleError(f"The manifest of {place} must list either {ONNX} or {SKOPS}.")
    return manifest


def digest(head: bytes) -> str:
    """Return the digest of a bundle: the SHA-256 of its valid manifest as it is without the speed.

    The speed differs each time it is measured, and the same model must have the same digest.
    """
    content = msgspec.json.decode(head)
    return sha256(head if content.pop("speed", None) is None else to_json(content))


def verified(place: Path | str, name: str, entry: Entry, content: bytes) -> bytes:
    """Return the content of a file if it is what the manifest says. Raises BundleError."""
    if len(content) != entry.bytes:
        raise BundleError(f"{name} in {place} has {len(content)} bytes, but the manifest says {entry.bytes}.")
    if sha256(content) != entry.sha256:
        raise BundleError(f"{name} in {place} has changed: its SHA-256 is not the one in the manifest.")
    return content


def to_json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def sha256(data: bytes) -> str:
    """Return the SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()

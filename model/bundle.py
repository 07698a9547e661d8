"""Reads a bundle: a model as a folder whose manifest has the size and SHA-256 of every other file.

Each file is read once and compared with the manifest before it is parsed. What is served is the ONNX graph or, if ONNX
cannot express the model, the fitted pipeline in the form of skops. The pipeline as joblib wrote it is there for people:
it is verified, but never unpickled.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from model.manifest import (
    CARD,
    LONGEST_MANIFEST,
    MANIFEST,
    ONNX,
    SKOPS,
    STATISTICS,
    TASK,
    BundleError,
    Manifest,
    Rates,
    digest,
    parse_manifest,
    verified,
)
from model.task import Task

__all__ = ["Bundle", "BundleError", "SkopsFile", "assembled", "load", "names"]


class SkopsFile(NamedTuple):
    """A fitted pipeline in the form of skops.

    Attributes:
        content: The bytes.
        trusted: The types beyond scikit-learn's own that the pipeline is made of.
        sklearn: The version of scikit-learn that it is for.
    """

    content: bytes
    trusted: tuple[str, ...]
    sklearn: str


@dataclass(frozen=True)
class Bundle:
    """A verified bundle: a model that either onnxruntime or scikit-learn runs.

    Attributes:
        folder: Where it was read. For a bundle from a store this is the address, and no folder.
        digest: The SHA-256 of its manifest without the speed, in hexadecimal, so it covers all files.
        onnx: The graph; empty if scikit-learn runs the model.
        skops: The fitted pipeline; None if onnxruntime runs the model.
        speed: How fast each backend predicted on the machine that bundled it; empty if nobody measured it.
    """

    folder: Path
    task: Task
    card: Mapping[str, Any]
    statistics: Mapping[str, Any]
    digest: str
    onnx: bytes
    skops: SkopsFile | None = None
    speed: Mapping[str, Rates] = field(default_factory=dict)

    @property
    def class_names(self) -> dict[str, str]:
        """What to call each class where a person reads it: as the card's data say, or else its label."""
        data = self.card.get("data")
        names = data.get("classes") if isinstance(data, dict) else None
        known = names if isinstance(names, dict) else {}
        return {label: str(known.get(label, label)) for label in self.task.labels}


def load(path: str | os.PathLike[str]) -> Bundle:
    """Read and verify a bundle.

    Args:
        path: Its folder, or any file in it.

    Raises:
        BundleError: There is no bundle, or it is damaged or inconsistent.
    """
    path = Path(path)
    folder = path if _is_folder(path) else path.parent
    head = _read(folder, MANIFEST, LONGEST_MANIFEST)
    manifest = parse_manifest(folder, head)
    _refuse_surplus(folder, manifest)
    content = {
        name: verified(folder, name, entry, _read(folder, name, entry.bytes)) for name, entry in manifest.files.items()
    }
    return assembled(folder, head, content)


def assembled(place: Path | str, head: bytes, content: Mapping[str, bytes]) -> Bundle:
    """Return the bundle that consists of these verified files.

    Args:
        place: Where they were read: a folder, or an address in a store.
        head: The bytes of its manifest.
        content: The other files by name.

    Raises:
        BundleError: The files are inconsistent.
    """
    manifest = parse_manifest(place, head)
    try:
        task = Task.from_dict(_parse_object(place, TASK, content[TASK]))
    except BundleError:
        raise
    except ValueError as error:
        raise BundleError(f"{TASK} in {place} is invalid: {error}") from error
    return Bundle(
        folder=Path(place),
        task=task,
        card=_parse_object(place, CARD, content[CARD]),
        statistics=_parse_object(place, STATISTICS, content[STATISTICS]),
        digest=digest(head),
        onnx=content.get(ONNX, b""),
        skops=SkopsFile(content[SKOPS], manifest.trusted, manifest.sklearn) if SKOPS in content else None,
        speed=manifest.speed,
    )


def _refuse_surplus(folder: Path, manifest: Manifest) -> None:
    if surplus := sorted(names(folder) - {MANIFEST, *manifest.files}):
        raise BundleError(f"The bundle {folder} contains {surplus[0]!r}, which its manifest does not list.")


def _read(folder: Path, name: str, limit: int) -> bytes:
    """Read at most `limit` bytes of a regular file. A symlink is refused, because it may lead out of the folder."""
    path = folder / name
    try:
        # Non-blocking, so that a named pipe in place of the file cannot block the start for ever.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise BundleError(f"{name} in {folder} is not a regular file.")
            if status.st_size > limit:
                raise BundleError(
                    f"{name} in {folder} has {status.st_size} bytes, more than the {limit} that are expected."
                )
            return file.read(limit)
    except FileNotFoundError:
        raise BundleError(f"The bundle {folder} has no {name}.") from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise BundleError(f"{name} in {folder} is a symbolic link. A bundle must contain files only.") from error
        raise BundleError(f"{name} in {folder} cannot be read: {error.strerror}.") from error


def _parse_object(place: Path | str, name: str, content: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{name} in {place} is invalid: {error}.") from error


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        raise BundleError(f"There is no model bundle at {path}.") from None
    except OSError as error:
        raise BundleError(f"The bundle {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # a path with a NUL, or one that the file system cannot encode
        raise BundleError(f"There is no model bundle at {str(path)!r}: {error}.") from error


def names(folder: Path) -> set[str]:
    """Return the names of the files in a folder. Raises BundleError."""
    try:
        return {path.name for path in folder.iterdir()}
    except OSError as error:
        raise BundleError(f"The files of {folder} cannot be listed: {error.strerror}.") from error

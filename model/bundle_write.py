"""Writes a bundle: the whole of it or nothing, and the same bytes for the same content."""

from __future__ import annotations

import gzip
import os
import platform
import shutil
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from model.bundle import Bundle, BundleError, SkopsFile, load, names
from model.manifest import CARD, FILES, MANIFEST, ONNX, PIPELINE, SKOPS, STATISTICS, TASK, Rates, sha256, to_json
from model.task import Task


def save(  # noqa: PLR0913 (each is another part of a bundle)
    folder: str | os.PathLike[str],
    task: Task,
    pipeline_bytes: bytes | None,
    model: bytes | SkopsFile,
    card: Mapping[str, Any],
    statistics: Mapping[str, Any],
    *,
    speed: Mapping[str, Rates] | None = None,
) -> Bundle:
    """Write a bundle and load it again; the same arguments always give the same bytes.

    Args:
        folder: Where to write it. A bundle that is there is replaced.
        task: What the model takes and predicts.
        pipeline_bytes: What joblib.dump wrote, uncompressed; None for a model that is not a pipeline.
        model: The ONNX graph, or the fitted pipeline if scikit-learn is to run it.
        card: What people should know about the model.
        statistics: Statistics of its training data.
        speed: How fast each backend predicts it here. The digest does not cover it.

    Raises:
        BundleError: The folder holds something other than a bundle, or cannot be written.
    """
    content = {TASK: to_json(task.to_dict()), CARD: to_json(card), STATISTICS: to_json(statistics)}
    manifest: dict[str, Any] = {"format": 1}
    if isinstance(model, SkopsFile):
        content[SKOPS] = model.content
        manifest = {"format": 2, "trusted": list(model.trusted), "sklearn": model.sklearn}
    else:
        content[ONNX] = model
    if pipeline_bytes is not None:
        content[PIPELINE] = gzip.compress(pipeline_bytes, mtime=0)
    files = {name: {"sha256": sha256(data), "bytes": len(data)} for name, data in content.items()}
    measured = {"speed": msgspec.to_builtins(speed)} if speed else {}
    content[MANIFEST] = to_json(manifest | {"files": files} | measured)
    return write(Path(folder), content)


def write(folder: Path, content: Mapping[str, bytes]) -> Bundle:
    """Write the files of a bundle, with its manifest, and load it.

    Raises:
        BundleError: The folder holds something other than a bundle, or cannot be written.
    """
    if os.path.lexists(folder) and not _is_replaceable(folder):
        raise BundleError(f"{folder} exists and is not a model bundle. Choose another folder, or remove it.")
    try:
        _fill(folder, content) if _stays(folder) else _replace(folder, content)
    except OSError as error:
        raise BundleError(f"The bundle cannot be written to {folder}: {error.strerror}.") from error
    except ValueError as error:
        raise BundleError(f"The bundle cannot be written to {str(folder)!r}: {error}.") from error
    return load(folder)


def versions(*more: str) -> dict[str, str]:
    """Return the versions that a card names: of Python, of the training packages, and of `more` packages."""
    packages = ("scikit-learn", "numpy", "skl2onnx", "onnx", "onnxruntime", *more)
    return {"python": platform.python_version()} | {name: version(name) for name in packages}


def _is_replaceable(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink() and names(folder) <= {MANIFEST, *FILES}


def _stays(folder: Path) -> bool:
    """Return whether no other folder can take its place, as in a pod that mounts an empty volume there."""
    return folder.is_dir() and (folder.is_mount() or not os.access(folder.parent, os.W_OK))


def _fill(folder: Path, content: Mapping[str, bytes]) -> None:
    """Write the files into a folder that stays. Without its manifest, which comes last, it is no bundle."""
    for name in (MANIFEST, *sorted(names(folder) - {MANIFEST})):
        (folder / name).unlink(missing_ok=True)
    _write(folder, {name: content[name] for name in (*sorted(content.keys() - {MANIFEST}), MANIFEST)})


def _write(folder: Path, content: Mapping[str, bytes]) -> None:
    for name, data in content.items():
        (folder / name).write_bytes(data)
        (folder / name).chmod(0o644)


def _replace(folder: Path, content: Mapping[str, bytes]) -> None:
    """Write all files or none: fill a temporary folder next to `folder`, then rename it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
        fresh, old = Path(temporary) / "fresh", Path(temporary) / "old"
        fresh.mkdir(mode=0o755)
        _write(fresh, content)
        if folder.exists():
            folder.rename(old)
        try:
            fresh.rename(folder)
        except OSError:
            if old.exists():
                shutil.move(old, folder)
            raise

"""Which models to serve and where to find them: MODEL_NAME, MODEL_PATH and MODEL_DIGEST."""

import re
from collections.abc import Mapping
from pathlib import Path

from model.manifest import BundleError
from model.store import address
from model.store.address import Access, Address
from model.task import check_name
from server.environment import SettingsError


def models(names: str, paths: str) -> tuple[tuple[str, Path | Address], ...]:
    """Return the (name, place) pairs of two comma-separated lists. Raises SettingsError."""
    name_list = [name.strip() for name in names.split(",")]
    path_list = [path.strip() for path in paths.split(",")]
    if not all(name_list) or not all(path_list):
        raise SettingsError("MODEL_NAME and MODEL_PATH must not be empty or have empty entries.")
    if len(name_list) != len(path_list):
        raise SettingsError(
            f"MODEL_NAME has {len(name_list)} entries and MODEL_PATH {len(path_list)}. Give the same number of each."
        )
    if len(set(name_list)) != len(name_list):
        raise SettingsError("MODEL_NAME names the same model twice.")
    for name in name_list:
        try:
            check_name(name)
        except ValueError as error:
            raise SettingsError(f"MODEL_NAME: {error}") from error
    return tuple(zip(name_list, map(_place, path_list), strict=True))


def _place(path: str) -> Path | Address:
    try:
        return address.parse(path) if address.is_address(path) else Path(path)
    except BundleError as error:
        raise SettingsError(f"MODEL_PATH is not usable. {error}") from None


def access(environment: Mapping[str, str]) -> Access:
    """Return how stores are reached. Raises SettingsError."""
    try:
        return address.access(environment)
    except BundleError as error:
        raise SettingsError(str(error)) from None


def digests(text: str, count: int) -> tuple[str, ...]:
    """Return the digest that each of `count` models must have, or "" for any. Raises SettingsError."""
    found = tuple(entry.strip() for entry in text.split(",")) if text.strip() else ("",) * count
    if len(found) != count or not all(re.fullmatch(r"([0-9a-f]{64})?", digest) for digest in found):
        raise SettingsError(
            "MODEL_DIGEST must have as many comma-separated entries as MODEL_NAME: each is 64 hexadecimal digits, or "
            "empty if any digest will do."
        )
    return found

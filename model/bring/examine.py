"""Reads the opcodes of a model file, before anything of scikit-learn is imported: a refusal takes no second."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from model.bring import file_kind, pickle_scan
from model.bring.joblib_array import DamagedPickle
from model.bundle import BundleError

# Far more than any pickle has, so that a small file that unpacks to nothing but opcodes is left soon.
_OPCODES = 200_000
_OPCODES_PER_BYTE = 10


def examine(path: Path, trusted: Collection[str] = ()) -> pickle_scan.Scan:
    """Read a file's opcodes. Nothing in it is executed.

    Raises:
        BundleError: It is not one whole pickle, or would import what is neither allowed nor trusted.
    """
    with file_kind.opened(path) as stream:
        try:
            found = pickle_scan.scan(stream, trusted, max(_OPCODES, _OPCODES_PER_BYTE * path.stat().st_size))
        except DamagedPickle as error:
            raise BundleError(
                f"{path} is not a pickle, or it is cut off or damaged. Save the fitted pipeline with joblib.dump and "
                "bundle that file."
            ) from error
        found.unpacked = stream.given
    if found.refused:
        raise BundleError(_refusal(path, found))
    return found


def _refusal(path: Path, found: pickle_scan.Scan) -> str:
    own = sorted(name.name for name in found.names if name.module == "__main__")
    if own:
        return (
            f"{path} needs {_some(own)}, defined in the script that saved it (__main__). Put it into a module of its "
            "own, import it from there, fit and save again, and add --trust MODULE."
        )
    modules = {name.module.partition(".")[0] for name in found.names if str(name) in found.refused}
    trust = " ".join(f"--trust {module}" for module in sorted(modules)[:3])
    advice = f" Only if you wrote the file and need that: {trust}." if trust else ""
    return f"{path} is refused before it is loaded: no model needs {_some(list(found.refused))}.{advice}"


def _some(names: list[str]) -> str:
    shown = ", ".join(name if len(name) <= 60 else f"{name[:59]}…" for name in names[:2])  # noqa: PLR2004
    return f"{shown} and {len(names) - 2} more" if len(names) > 2 else shown  # noqa: PLR2004

"""Finds or builds an environment with the version of scikit-learn that wrote a file.

Another version may refuse the file, or load it and predict something else: since 1.8 a LogisticRegression that was
fitted with multi_class="ovr" has other probabilities, without a warning that says so. Therefore the whole command runs
again in that environment, and what it proves, it proves against the predictions of that version.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import sklearn

from model.bundle import BundleError

LOCKS = Path(__file__).parent / "sklearn_locks"
NEWEST_PYTHON = {"1.2": 11, "1.3": 12, "1.4": 12}  # for which there are wheels, as 3.x; newer versions have all
OLDEST_PYTHON = 11  # of this project

ROOT = Path(__file__).parents[2]

_SERVING = "MLSERVING_SKLEARN"  # tells the command in another environment which version the server has


class Environment(NamedTuple):
    """A Python with another version of scikit-learn than this one's."""

    python: Path
    version: str

    def run(self, command: Sequence[str]) -> int:
        """Run a command of `python -m model bundle` in it and return its exit status."""
        search = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        return subprocess.run(
            [self.python, "-W", "ignore", "-m", "model", *command, "--sklearn", self.version],
            env=os.environ | {"PYTHONPATH": search, _SERVING: sklearn.__version__},
            check=False,
        ).returncode


def refuse_to_serve(reason: str) -> None:
    """Refuse a pipeline that ONNX cannot express, for a reason, if the server has another version of scikit-learn.

    Raises:
        BundleError: It has.
    """
    if serving := os.environ.get(_SERVING):
        raise BundleError(
            f"Only scikit-learn {sklearn.__version__} can answer as this pipeline does, and the server has {serving}. "
            f"Fit it again with {serving}. {reason}"
        )


def environment_for(path: Path, written: Collection[str], wanted: str | None) -> Environment | None:
    """Return the environment that a file has to be converted in; None if it is this one.

    Args:
        path: The file, for the message.
        written: The versions of scikit-learn found in it.
        wanted: The version that the user has named, if any.

    Raises:
        BundleError: There is no such environment, and it cannot be built.
    """
    version = wanted or max(written, key=_parts, default=sklearn.__version__)
    if not re.fullmatch(r"\d+\.\d+(\.\d+)?(rc\d+|\.post\d+)?", version):
        raise BundleError(f"{version!r} is not a version of scikit-learn. Write it like 1.4.2.")
    if version == sklearn.__version__ or (not wanted and _minor(version) == _minor(sklearn.__version__)):
        return None
    if not (lock := _lock(version)):
        what = f"needs scikit-learn {version}" if wanted else f"was written by scikit-learn {version}"
        raise BundleError(
            f"{path} {what}, but {sklearn.__version__} is installed and only {_listed()} can be had besides. Fit it "
            f"again with one of these and save it, or add --sklearn {sklearn.__version__} to load it as it is."
        )
    version = version if wanted else lock.stem
    return Environment(_python(version, lock), version)


def _lock(version: str) -> Path | None:
    return next((lock for lock in LOCKS.glob("*.txt") if _minor(lock.stem) == _minor(version)), None)


def _listed() -> str:
    minors = sorted({_minor(lock.stem) for lock in LOCKS.glob("*.txt")}, key=_parts)
    return f"{minors[0]} to {minors[-1]}"


def _python(version: str, lock: Path) -> Path:
    """Return the Python of an environment with a version of scikit-learn; build the environment if need be."""
    base = _base_python(version)
    key = hashlib.sha256(lock.read_bytes() + str(base).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mlserving" / "sklearn"
    folder = cache / f"{version}-{key}"
    python, complete = folder / "bin" / "python", folder / "complete"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{folder.name}.lock").open("w") as building:
        fcntl.flock(building, fcntl.LOCK_EX)
        if not complete.exists():
            print(f"Building an environment of scikit-learn {version}, once: about a minute.", file=sys.stderr)
            _run([base, "-m", "venv", "--clear", folder], version)
            with tempfile.TemporaryDirectory() as temporary:
                _run([python, "-m", "pip", *_PIP, *_requirements(version, lock, Path(temporary))], version)
            complete.touch()
    return python


_PIP = ("--disable-pip-version-check", "install", "-q", "--only-binary", ":all:")


def _requirements(version: str, lock: Path, temporary: Path) -> list[str | Path]:
    """Return pip's arguments: the lock with its hashes or, for another patch release, its other packages' versions."""
    if version == lock.stem:
        return ["--require-hashes", "-r", lock]
    pins = re.findall(r"^(?!scikit-learn)([\w.-]+==[\w.]+)", lock.read_text(), re.MULTILINE)
    other = temporary / "requirements.txt"
    other.write_text("\n".join([f"scikit-learn=={version}", *pins]))
    return ["-r", other]


def _run(command: list[str | Path], version: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1][:120]
        raise BundleError(
            f"The file needs scikit-learn {version}, which cannot be installed ({reason}). Is the package index "
            f"reachable? To load the file with {sklearn.__version__} as it is, add --sklearn {sklearn.__version__}."
        )


def _base_python(version: str) -> Path:
    """Return a Python for which there are wheels of a version."""
    newest = NEWEST_PYTHON.get(_minor(version), sys.version_info.minor)
    if sys.version_info.minor <= newest:
        return Path(sys.executable)
    for minor in range(newest, OLDEST_PYTHON - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and not subprocess.run([found, "-c", "import ensurepip"], capture_output=True, check=False).returncode:
            return Path(found)
    raise BundleError(
        f"scikit-learn {version} needs Python 3.{newest} or older. Install python3.{newest} and run again."
    )


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _parts(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]

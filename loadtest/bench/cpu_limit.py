"""A limit on the CPU time of a server, by the kernel's own quota, as the CPU limit of a container is enforced."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from loadtest.bench.request_spec import MeasurementError

CGROUPS = Path("/sys/fs/cgroup")
PERIOD_US = 100_000  # what the kubelet uses
JOIN = 'echo $$ >"$0" && exec "$@"'


@contextmanager
def limited(name: str, cores: float) -> Iterator[Sequence[str]]:
    """Yield the words before a command that limit it to a share of a core. It must have ended before the context does.

    Raises:
        MeasurementError: control groups cannot be made here.
    """
    if cores >= 1:
        yield ()
        return
    group = (CGROUPS if _version_2() else CGROUPS / "cpu") / f"mlserving-bench-{os.getpid()}-{name}"
    try:
        try:
            _make(group, str(int(cores * PERIOD_US)), str(PERIOD_US))
        except OSError as error:
            raise MeasurementError(
                f"The CPU of a server cannot be limited ({error}). That takes root and a writable {CGROUPS}."
            ) from error
        yield "sh", "-c", JOIN, f"{group}/cgroup.procs"
    finally:
        with suppress(FileNotFoundError):
            group.rmdir()


def problem() -> str:
    """Return why the CPU of a server cannot be limited here, or nothing."""
    try:
        with limited("trial", 0.5):
            return ""
    except MeasurementError as error:
        return str(error)


def _version_2() -> bool:
    return (CGROUPS / "cgroup.controllers").exists()


def _make(group: Path, quota: str, period: str) -> None:
    if _version_2():
        control = CGROUPS / "cgroup.subtree_control"
        if "cpu" not in control.read_text().split():
            control.write_text("+cpu")
    group.mkdir()
    version_1 = {"cpu.cfs_period_us": period, "cpu.cfs_quota_us": quota}
    for file, value in ({"cpu.max": f"{quota} {period}"} if _version_2() else version_1).items():
        (group / file).write_text(value)

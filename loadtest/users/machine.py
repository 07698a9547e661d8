"""How busy the machine is that makes the load: latencies from a machine short of CPU are partly its own."""

from pathlib import Path

PROC_STAT = Path("/proc/stat")


def cpu_ticks() -> tuple[int, int] | None:
    """(idle, all) CPU time of this machine so far, in the kernel's ticks; None where there is no /proc/stat."""
    try:
        ticks = [int(word) for word in PROC_STAT.read_text().split(maxsplit=9)[1:9]]
    except (OSError, ValueError):
        return None
    idle, waiting_for_disk = ticks[3:5]
    return idle + waiting_for_disk, sum(ticks)


def busy_since(before: tuple[int, int] | None) -> tuple[float | None, tuple[int, int] | None]:
    """The share of CPU time used since `before`, and the ticks of now."""
    now = cpu_ticks()
    if before is None or now is None or now[1] == before[1]:
        return None, now
    return round(1 - (now[0] - before[0]) / (now[1] - before[1]), 3), now

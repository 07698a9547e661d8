"""Bounds the memory that a file of unknown origin may take while it is tried."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOST_BYTES = 3 << 30  # beyond what the program has; weights of 600 MB are in memory up to four times

_STATISTICS = Path("/proc/self/statm")


@contextmanager
def bounded(more: int = 0) -> Iterator[None]:
    """Let allocations fail beyond MOST_BYTES, and `more`. Where the system does not say what is in use, none fails."""
    if not _STATISTICS.exists():
        yield
        return
    used = int(_STATISTICS.read_text().split()[0]) * resource.getpagesize()
    before, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = used + MOST_BYTES + more
    limit = limit if most == resource.RLIM_INFINITY else min(limit, most)
    resource.setrlimit(resource.RLIMIT_AS, (limit, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, most))

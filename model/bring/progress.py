"""Says what the bundle command is doing, if it takes longer than a person waits without wondering."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

PATIENCE = 2.0  # seconds


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Print what is being done once it has taken more than PATIENCE; also usable as a decorator."""
    notice = Timer(PATIENCE, print, [f"{doing} …"], {"flush": True})
    notice.daemon = True
    notice.start()
    try:
        yield
    finally:
        notice.cancel()

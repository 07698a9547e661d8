"""Which of several pictures a refusal is about."""

from collections.abc import Iterator
from contextlib import contextmanager

from server.errors import InvalidInput, TooManyPixels, UnsupportedMediaType


@contextmanager
def picture(index: int, count: int) -> Iterator[None]:
    """What is raised within says so; of the only one it says nothing."""
    try:
        yield
    except (InvalidInput, TooManyPixels, UnsupportedMediaType) as error:
        if count == 1:
            raise
        raise type(error)(f"Picture {index}: {error.sentence}") from error

"""Check a refusal: its status, its reason, and the facts that its sentence must name."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from server.errors import ServingError


@contextmanager
def refused(reason: str, *facts: str, status: int = 400) -> Iterator[None]:
    """Expect a refusal. Each of `facts` must be part of the sentence."""
    with pytest.raises(ServingError) as caught:
        yield
    assert (caught.value.status, caught.value.reason) == (status, reason), caught.value.sentence
    for fact in facts:
        assert fact in caught.value.sentence

"""Call a function that must refuse its input."""

from collections.abc import Callable
from typing import Any

import pytest

from server.errors import InvalidInput


def refusal(function: Callable[..., object], *arguments: Any) -> InvalidInput:
    """Return the error that the call raises, after checking that a caller would see a 400."""
    with pytest.raises(InvalidInput) as caught:
        function(*arguments)
    assert caught.value.status == 400
    assert caught.value.sentence.endswith(".")
    return caught.value

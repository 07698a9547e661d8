import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from server.front.one_read import body_here


def cycle(**more: Any) -> Any:
    told = asyncio.Event()
    told.set()
    whole = {"more_body": False, "disconnected": False, "body": bytearray(b"{}"), "message_event": told}
    return SimpleNamespace(**{**whole, **more})


@pytest.mark.parametrize("content", [b"{}", b""])
def test_a_whole_body_is_given_once(content: bytes) -> None:
    whole = cycle(body=bytearray(content))
    assert body_here(whole) == content
    assert whole.body == b""
    assert not whole.message_event.is_set()  # or who waits for the caller to go would not wait


@pytest.mark.parametrize("state", [{"more_body": True}, {"disconnected": True}])
def test_what_uvicorn_has_more_to_say_of_is_left_to_it(state: dict[str, bool]) -> None:
    waiting = cycle(**state)
    assert body_here(waiting) is None
    assert waiting.body == b"{}"
    assert waiting.message_event.is_set()

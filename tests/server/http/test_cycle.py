import asyncio
import logging
from typing import Any, cast

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from server.http.one_read import body_here


def cycle(body: bytes = b"{}", *, more_body: bool = False, disconnected: bool = False) -> RequestResponseCycle:
    transport = cast(asyncio.Transport, None)  # that reading never asks for
    told = asyncio.Event()
    made = RequestResponseCycle(
        scope=cast(Any, {"type": "http"}),
        transport=transport,
        flow=FlowControl(transport),
        logger=logging.getLogger(),
        access_logger=logging.getLogger(),
        access_log=False,
        default_headers=[],
        message_event=told,
        expect_100_continue=False,
        keep_alive=True,
        on_response=lambda: None,
    )
    told.set()
    made.body, made.more_body, made.disconnected = bytearray(body), more_body, disconnected
    return made


@pytest.mark.parametrize("content", [b"{}", b""])
def test_a_whole_body_is_given_once(content: bytes) -> None:
    whole = cycle(content)
    assert body_here(whole) == content
    assert whole.body == b""
    assert not whole.message_event.is_set()  # or who waits for the caller to go would not wait


@pytest.mark.parametrize("waiting", [cycle(more_body=True), cycle(disconnected=True)], ids=["more", "gone"])
def test_what_uvicorn_has_more_to_say_of_is_left_to_it(waiting: RequestResponseCycle) -> None:
    assert body_here(waiting) is None
    assert waiting.body == b"{}"
    assert waiting.message_event.is_set()

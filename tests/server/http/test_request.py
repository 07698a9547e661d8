"""What a caller gets when the app behind the door fails, seen from ASGI."""

import asyncio
import json
import logging
from typing import Any

import pytest

from server.http.access_log import AccessLog
from server.http.app import App
from server.http.worker import WorkerQueue
from server.route import Route

SCOPE = {"type": "http", "path": "/behind", "method": "GET", "headers": []}


def asked(app: Any) -> list[dict[str, Any]]:
    """The messages that a door sends whose only route leads to `app`."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    door = App({"/behind": Route("/behind", "GET")}, app, WorkerQueue(1), AccessLog(), "")
    asyncio.run(door(dict(SCOPE), receive, send))
    return sent


def refusal(sent: list[dict[str, Any]]) -> tuple[int, str]:
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    return sent[0]["status"], json.loads(sent[1]["body"])["error"]


async def raises(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError("secret")


async def answers_500_then_raises(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 500, "headers": []})
    await send({"type": "http.response.body", "body": b"secret"})
    raise ValueError("secret")


@pytest.mark.parametrize("app", [raises, answers_500_then_raises])
def test_a_failure_is_a_fixed_sentence_and_one_line_with_the_detail(app: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "server"):
        status, sentence = refusal(asked(app))
    assert status == 500
    assert sentence == "The server failed to answer this request. Its log has the details."
    (record,) = caplog.records
    assert record.exc_info


def test_no_second_answer_follows_one_that_has_begun() -> None:
    async def begins_then_raises(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError("secret")

    assert [message["type"] for message in asked(begins_then_raises)] == ["http.response.start"]


def test_a_request_that_the_stop_cuts_off_is_told_to_ask_again() -> None:
    sent: list[dict[str, Any]] = []

    async def cut_off() -> None:
        async def stalls(scope: Any, receive: Any, send: Any) -> None:
            await asyncio.sleep(60)

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request"}

        door = App({"/behind": Route("/behind", "GET")}, stalls, WorkerQueue(1), AccessLog(), "")
        task = asyncio.create_task(door(dict(SCOPE), receive, send))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cut_off())
    assert refusal(sent) == (503, "The server stopped before it could answer; ask again.")

"""What a client gets when KServe's app behind ours fails, seen from ASGI."""

import asyncio
import json
import logging
from typing import Any

import pytest

from server.http.app import App
from server.http.worker import ClientDisconnected, WorkerQueue
from server.route import Route
from tests.server.responder import responder

SCOPE = {"type": "http", "path": "/behind", "method": "GET", "headers": []}


def app_in_front_of(kserve_app: Any) -> App:
    """Return an app whose only route leads to `kserve_app`."""
    return App(
        {("/behind", "GET"): Route("/behind", "GET")},
        kserve_app,
        WorkerQueue(1),
        responder(),
    )


def messages(kserve_app: Any) -> list[dict[str, Any]]:
    """Return the ASGI messages that are sent on one request."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    asyncio.run(app_in_front_of(kserve_app)(dict(SCOPE), receive, send))
    return sent


def refusal(sent: list[dict[str, Any]]) -> tuple[int, str]:
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    return sent[0]["status"], json.loads(sent[1]["body"])["reason"]


async def raises(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError("secret")


async def answers_500_then_raises(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 500, "headers": []})
    await send({"type": "http.response.body", "body": b"secret"})
    raise ValueError("secret")


async def answers(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"fine"})


@pytest.mark.parametrize("app", [raises, answers_500_then_raises])
def test_failure_returns_a_fixed_sentence_and_logs_the_detail(app: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "server"):
        sent = messages(app)
    assert refusal(sent) == (500, "internal")
    assert b"secret" not in sent[1]["body"]
    (record,) = caplog.records
    assert record.exc_info


@pytest.mark.parametrize("app", [answers, raises])
def test_relayed_responses_and_failures_forbid_content_sniffing(app: Any) -> None:
    assert messages(app)[0]["headers"].count((b"x-content-type-options", b"nosniff")) == 1


def test_no_second_response_follows_one_that_has_begun() -> None:
    async def begins_then_raises(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError("secret")

    assert [message["type"] for message in messages(begins_then_raises)] == ["http.response.start"]


def test_request_cut_off_by_the_stop_returns_503() -> None:
    sent: list[dict[str, Any]] = []

    async def cut_off() -> None:
        async def stalls(scope: Any, receive: Any, send: Any) -> None:
            await asyncio.sleep(60)

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request"}

        task = asyncio.ensure_future(app_in_front_of(stalls)(dict(SCOPE), receive, send))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cut_off())
    assert refusal(sent) == (503, "stop")


def test_client_that_left_before_its_refusal_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    async def send(_message: Any) -> None:
        raise ClientDisconnected

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    unknown = {**SCOPE, "path": "/nothing"}
    with caplog.at_level(logging.INFO, "server"):
        asyncio.run(app_in_front_of(answers)(unknown, receive, send))
    assert not caplog.records

"""A request to the ASGI app, whose client waits or disconnects."""

import asyncio
import json
from typing import Any

from server.http.app import App


class Request:
    """One request to an app."""

    def __init__(
        self, app: App, body: str, path: str = "/slow", milliseconds: str = "60000", content_type: str = ""
    ) -> None:
        self.gone = asyncio.Event()
        self._messages: list[Any] = []
        self._body = [{"type": "http.request", "body": body.encode(), "more_body": False}]
        headers = [
            (b"x-envoy-expected-rq-timeout-ms", milliseconds.encode()),
            (b"content-type", content_type.encode()),
        ]
        scope = {"type": "http", "path": path, "method": "POST", "headers": headers}
        self.ended = asyncio.ensure_future(app(scope, self._receive, self._send))

    async def answer(self) -> tuple[int, bytes]:
        await self.ended
        start, body = self._messages
        return start["status"], body["body"]

    async def refusal(self) -> tuple[int, str]:
        status, body = await self.answer()
        return status, json.loads(body)["error"]

    @property
    def answered(self) -> bool:
        return bool(self._messages)

    async def _receive(self) -> Any:
        if self._body:
            return self._body.pop()
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self._messages.append(message)

"""The upper limit of a uvicorn server (uvloop and httptools): the same response to every request.

uvicorn loadtest.bench.baselines.constant:app --no-access-log
"""

from collections.abc import Awaitable, Callable
from typing import Any

RESPONSE = b'{"label":"M","prediction":1,"probability":0.99997985}'
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(RESPONSE))],
}


async def app(_scope: dict[str, Any], _receive: object, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    await send(START)
    await send({"type": "http.response.body", "body": RESPONSE})

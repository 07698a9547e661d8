"""The inputs of one seed against a server: some at a time, and a control request after each hundred."""

import asyncio
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import httpx

from tests.server.fuzz.heads import PATHS
from tests.server.fuzz.holds import check
from tests.server.fuzz.kinds import make
from tests.server.fuzz.request import Input, Request
from tests.server.fuzz.sending import Caller, Heard

AT_ONCE = 8
BETWEEN_CONTROLS = 100
STALLED = 4.0  # seconds; after 5 the server gives up a caller that sends nothing

ROW = Request(b"/predict", b'{"x":3,"y":-1}', ((b"Content-Type", b"application/json"),)).framed()
CONTROL = Input("control", ROW.wire(), (ROW,))


def run(url: str, seed: int, count: int) -> None:
    """Raises AssertionError with the seed, the index and the bytes of an input of which something does not hold."""
    with httpx.Client(base_url=url) as client:
        answers = {path: client.get(path.decode()) for path in PATHS}
    documents = {path: answer.content for path, answer in answers.items() if answer.status_code == httpx.codes.OK}
    asyncio.run(_run(url, seed, count, documents))


async def _run(url: str, seed: int, count: int, documents: Mapping[bytes, bytes]) -> None:
    address = urlsplit(url)
    callers = [Caller(address.hostname or "", address.port or 80) for _ in range(AT_ONCE)]
    try:
        for start in range(0, count, BETWEEN_CONTROLS):
            indices = iter(range(start, min(start + BETWEEN_CONTROLS, count)))
            await asyncio.gather(*(_work(caller, seed, indices, documents) for caller in callers))
            await _ask(callers[0], CONTROL, f"after seed {seed}, index {start + BETWEEN_CONTROLS - 1}", documents)
    finally:
        for caller in callers:
            caller.close()


async def _work(caller: Caller, seed: int, indices: Iterator[int], documents: Mapping[bytes, bytes]) -> None:
    for index in indices:
        await _ask(caller, make(seed, index), f"seed {seed}, index {index}", documents)


async def _ask(caller: Caller, sent: Input, name: str, documents: Mapping[bytes, bytes]) -> None:
    heard = Heard()
    try:
        heard = await caller.ask(sent)
        if heard.seconds > STALLED:  # perhaps the whole machine was; what stalls the server does so again
            heard = await caller.ask(sent)
        assert heard.seconds < STALLED, "the server stalled"
        check(sent, heard, documents)
    except (AssertionError, ValueError, LookupError, OSError) as wrong:
        told = str(wrong)[:2000]
        raise AssertionError(f"{name}, {sent.kind}: {told}\nsent: {sent.pieces()!r}\nheard: {heard!r}") from wrong

import asyncio
import json
import re
import sys

import pytest

from server.http.access_log import FLUSH_LINES, AccessLog, Identity


def identified(name: str) -> Identity:
    return ((b"x-request-id", name.encode()),)


def test_lines_are_written_in_order_a_moment_later(capsys: pytest.CaptureFixture[str]) -> None:
    async def two_requests() -> None:
        access_log = AccessLog()
        access_log.write("/predict", "POST", 200, 0.00123, identified("one"))
        access_log.write("unknown", "-", 400, 0.1, identified("two"))
        assert capsys.readouterr().out == ""
        await asyncio.sleep(0.15)

    asyncio.run(two_requests())
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", first.pop("time"))
    assert first == {
        "level": "info",
        "message": "request",
        "route": "/predict",
        "method": "POST",
        "status": 200,
        "ms": 1.23,
        "id": "one",
    }
    assert second["id"] == "two"


def test_full_group_of_lines_is_written_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    async def many_requests() -> None:
        access_log = AccessLog()
        for number in range(FLUSH_LINES + 1):
            access_log.write("/predict", "POST", 200, 0.001, identified(str(number)))
        assert len(capsys.readouterr().out.splitlines()) == FLUSH_LINES
        await asyncio.sleep(0.15)

    asyncio.run(many_requests())
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_unwritable_log_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def one_request() -> None:
        access_log = AccessLog()
        with open("/dev/full", "w", buffering=1) as full:  # noqa: PTH123
            monkeypatch.setattr(sys, "stdout", full)
            access_log.write("/predict", "POST", 200, 0.001, identified("x"))
            access_log.flush()
            monkeypatch.undo()

    with pytest.raises(OSError, match="No space left"):  # raised by closing the file; the log raised nothing
        asyncio.run(one_request())

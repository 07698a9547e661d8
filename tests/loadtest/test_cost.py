"""python -m loadtest cost, against our own server."""

import re

import pytest

from loadtest import cost
from loadtest.users.models import CannotRunError
from tests.served import free_port


def test_each_answer_is_printed_and_rows_begin_again(our_server: str, capsys: pytest.CaptureFixture[str]) -> None:
    count = len(cost.read_rows()) + 1
    assert cost.run(["-n", str(count), "--host", our_server]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == count
    assert re.fullmatch(r'1: \{"cost":\d+\.\d{1,2}\}', lines[0])  # and no warnings: the row is in the ranges
    assert lines[-1].partition(": ")[2] == lines[0].partition(": ")[2]


def test_a_refusal_is_printed_and_counts(our_server: str) -> None:
    found, text = cost.ask(f"{our_server}/predict/media_cost", {"florist": 1.0})
    assert not found
    assert '"error"' in text


def test_no_server_is_said_in_a_sentence() -> None:
    with pytest.raises(CannotRunError, match="Is the server up"):
        cost.run(["--host", f"http://127.0.0.1:{free_port()}"])

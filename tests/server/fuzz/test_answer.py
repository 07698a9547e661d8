import pytest

from tests.server.fuzz.answer import NoAnswer, first

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


def test_answer_is_complete_only_with_its_body() -> None:
    assert first(HEAD[:-1], b"GET") is None
    assert first(HEAD + b"a", b"GET") is None
    found = first(HEAD + b"abHTTP", b"GET")
    assert found is not None
    answer, rest = found
    assert (answer.status, answer.headers, answer.body, rest) == (200, {b"content-length": b"2"}, b"ab", b"HTTP")
    assert not answer.last


def test_answer_to_head_has_no_body() -> None:
    found = first(HEAD + HEAD, b"HEAD")
    assert found is not None
    assert found[1] == HEAD


def test_100_continue_is_skipped() -> None:
    found = first(b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"ab", b"GET")
    assert found is not None
    assert found[0].status == 200


def test_connection_close_marks_the_last_answer() -> None:
    found = first(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", b"GET")
    assert found is not None
    assert found[0].last


@pytest.mark.parametrize(
    "received",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\ntransfer-encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header: 1\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 700 OK\r\ncontent-length: 0\r\n\r\n",
    ],
)
def test_malformed_answers_are_refused(received: bytes) -> None:
    with pytest.raises(NoAnswer):
        first(received, b"GET")

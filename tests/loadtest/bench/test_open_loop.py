from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from loadtest.bench import request_spec
from loadtest.bench.open_loop import GAVE_UP, Answer, Offer, offer, p99_ms

Port = Callable[..., int]

ROW = request_spec.plain(([{"area_worst": 2019.0}], [1])).http()


def test_it_sends_at_the_rate_asked_for_whatever_else_is_offered(port: Port) -> None:
    rows, probes = offer(port(), [Offer(ROW, 100, 5), Offer(request_spec.get("/health"), 20, 5)], 0.5)
    assert [len(rows), len(probes)] == [50, 10]
    assert [row.due for row in rows[:3]] == [0.0, 0.01, 0.02]
    assert {row.status for row in rows + probes} == {200}
    assert b'"label"' in rows[0].body
    assert b'"ok"' in probes[0].body


def test_who_gets_no_answer_gives_up_when_patience_ends_and_holds_up_nobody(port: Port) -> None:
    ((*rows,),) = offer(port("--hang"), [Offer(ROW, 20, 0.2)], 0.5)
    assert [row.status for row in rows] == [GAVE_UP] * 10
    assert all(0.2 <= row.seconds < 2 for row in rows)


@pytest.mark.parametrize(("mode", "status"), [("--refuse", 503), ("--hang-up", GAVE_UP), ("--break-off", GAVE_UP)])
def test_what_else_becomes_of_a_request_is_told(port: Port, mode: str, status: int) -> None:
    ((*rows,),) = offer(port(mode), [Offer(ROW, 20, 5)], 0.2)
    assert [row.status for row in rows] == [status] * 4


def test_a_silent_port_is_no_answer() -> None:
    ((row,),) = offer(1, [Offer(ROW, 1, 5)], 1)
    assert row.status == GAVE_UP


@pytest.mark.parametrize(("says", "connections"), [("keep-alive", 1), ("close", 6)])
def test_it_sends_on_an_idle_connection_unless_the_server_wants_another(says: str, connections: int) -> None:
    opened = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            opened.append(self)

        def do_GET(self) -> None:
            self.send_response(204)
            self.send_header("Connection", says)
            self.end_headers()
            self.close_connection = False  # what counts is what it said

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever).start()
        offer(server.server_port, [Offer(request_spec.get("/"), 20, 5)], 0.3)
        server.shutdown()
    assert len(opened) == connections


@pytest.mark.parametrize(("count", "milliseconds"), [(1, 1), (99, 99), (100, 99), (200, 198)])
def test_the_99th_percentile_is_that_of_the_nearest_rank(count: int, milliseconds: int) -> None:
    answers = [Answer(0, (count - number) / 1e3, 200, b"") for number in range(count)]
    assert p99_ms(answers) == pytest.approx(milliseconds)

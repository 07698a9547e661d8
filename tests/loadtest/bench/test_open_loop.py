from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from loadtest.bench import open_loop, request_spec
from loadtest.bench.open_loop import NO_RESPONSE, OpenLoop, TimedResponse, p99_ms

Port = Callable[..., int]

ROW = request_spec.predict(([{"area_worst": 2019.0}], [1])).http()


def test_each_loop_sends_at_its_own_rate(port: Port) -> None:
    rows, probes = open_loop.run(port(), [OpenLoop(ROW, 100, 5), OpenLoop(request_spec.get("/health"), 20, 5)], 0.5)
    assert [len(rows), len(probes)] == [50, 10]
    assert [row.due for row in rows[:3]] == [0.0, 0.01, 0.02]
    assert {row.status for row in rows + probes} == {200}
    assert b'"label"' in rows[0].body
    assert b'"ok"' in probes[0].body


def test_probes_may_have_a_port_of_their_own(port: Port) -> None:
    refused, answered = open_loop.run(port("--refuse"), [OpenLoop(ROW, 20, 5), OpenLoop(ROW, 20, 5, port=port())], 0.2)
    assert {row.status for row in refused} == {503}
    assert {row.status for row in answered} == {200}


def test_unanswered_requests_time_out_without_delaying_others(port: Port) -> None:
    ((*rows,),) = open_loop.run(port("--hang"), [OpenLoop(ROW, 20, 0.2)], 0.5)
    assert [row.status for row in rows] == [NO_RESPONSE] * 10
    assert all(0.2 <= row.seconds < 2 for row in rows)


@pytest.mark.parametrize(
    ("mode", "status"), [("--refuse", 503), ("--hang-up", NO_RESPONSE), ("--break-off", NO_RESPONSE)]
)
def test_refusals_and_broken_connections_are_recorded(port: Port, mode: str, status: int) -> None:
    ((*rows,),) = open_loop.run(port(mode), [OpenLoop(ROW, 20, 5)], 0.2)
    assert [row.status for row in rows] == [status] * 4


def test_closed_port_gives_no_response() -> None:
    ((row,),) = open_loop.run(1, [OpenLoop(ROW, 1, 5)], 1)
    assert row.status == NO_RESPONSE


@pytest.mark.parametrize(("value", "connections"), [("keep-alive", 1), ("close", 6)])
def test_idle_connections_are_reused_unless_the_server_closes_them(value: str, connections: int) -> None:
    opened = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            opened.append(self)

        def do_GET(self) -> None:
            self.send_response(204)
            self.send_header("Connection", value)
            self.end_headers()
            self.close_connection = False  # leave closing to the client

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever).start()
        open_loop.run(server.server_port, [OpenLoop(request_spec.get("/"), 4, 5)], 1.5)
        server.shutdown()
    assert len(opened) == connections


@pytest.mark.parametrize(("count", "milliseconds"), [(1, 1), (99, 99), (100, 99), (200, 198)])
def test_p99_is_the_nearest_rank(count: int, milliseconds: int) -> None:
    responses = [TimedResponse(0, (count - number) / 1e3, 200, b"") for number in range(count)]
    assert p99_ms(responses) == pytest.approx(milliseconds)

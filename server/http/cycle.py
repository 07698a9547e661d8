"""A whole answer in one write. As two messages through uvicorn's cycle it takes three times as long."""

from collections.abc import Sequence

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from server.http.caller import ClientDisconnected
from server.response import Header

CLOSE: Header = (b"connection", b"close")


def respond(cycle: RequestResponseCycle, status: int, headers: Sequence[Header], body: bytes) -> bool:
    """Whether it could be done: not while the caller leaves earlier answers unread. Raises ClientDisconnected.

    headers: as they are written, Content-Length among them, and CLOSE where it is the connection's last answer.
    """
    transport = cycle.transport
    if cycle.disconnected or transport.is_closing():
        cycle.disconnected = True  # uvicorn may learn of it a moment later
        raise ClientDisconnected
    if cycle.flow.write_paused:
        return False
    lines = [STATUS_LINE[status]]
    for name, value in (*cycle.default_headers, *headers):
        lines += name, b": ", value, b"\r\n"
    if CLOSE in headers:
        cycle.keep_alive = False
    elif not cycle.keep_alive:
        lines.append(b"connection: close\r\n")
    lines.append(b"\r\n")
    if cycle.scope["method"] != "HEAD":
        lines.append(body)
    transport.write(b"".join(lines))
    cycle.waiting_for_100_continue = False
    cycle.response_started = cycle.response_complete = True
    cycle.message_event.set()
    if not cycle.keep_alive:
        transport.close()
    cycle.on_response()
    return True

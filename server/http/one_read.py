"""A whole body at once where it has come with its head. Through uvicorn's messages it takes several times as long."""

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


def body_here(cycle: RequestResponseCycle) -> bytes | None:
    """None where some of it is still to come, and where the caller has gone, which uvicorn's next message says."""
    if cycle.more_body or cycle.disconnected:
        return None
    body, cycle.body = bytes(cycle.body), bytearray()
    cycle.message_event.clear()
    return body

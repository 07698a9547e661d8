"""uvicorn is still what server/http was written against.

server/http/protocol.py subclasses uvicorn's protocol and server/http/write.py writes responses past its cycle. A new
version of uvicorn may change either without breaking anything visible.
"""

import hashlib
import inspect
import logging
from collections.abc import Callable
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

# SHA-256 of the source of each method that ours replaces, extends or copies, in uvicorn 0.54.
SOURCES = {
    (HttpToolsProtocol, "data_received"): "010a7ae59a5d3b1a5e7326ce246878568629d126a076d8af5ba10cab040fae43",
    (HttpToolsProtocol, "on_message_begin"): "96d377fdc7c2baef943c2bd245003abc53566ddb35777e0f4c7bc754198b5457",
    (HttpToolsProtocol, "on_headers_complete"): "1ea8589acfad92d8ff9182775f337d98fc469e0fa39642a83195fca920f5ca96",
    (HttpToolsProtocol, "on_body"): "dba9c32aeba35b6ae10722f86232d44d93fda42d97711244eeaa51c0a1f3e1c9",
    (HttpToolsProtocol, "on_message_complete"): "1fbad42dc31fc01fd4106a9885b2a2e0f6ce8d38241a3df0f615c6a8663493e0",
    (HttpToolsProtocol, "on_response_complete"): "64e254f28e389e7614f2c828176d639174e66aa9d814a4b06624ec86ec0a5b95",
    (HttpToolsProtocol, "connection_made"): "6efb565ff3d36b916c29bd42330a2b99b601b48932389e396e5ac53dbef6b91c",
    (HttpToolsProtocol, "connection_lost"): "c91a4c9bf2e29c554a97418b5f3064e97f6e0ceaba3b90fc35a3460076c705ab",
    (HttpToolsProtocol, "shutdown"): "d7351fa33f00d430e0a4179912a4ed478e0483ce3a9f7409225e71970c064421",
    (RequestResponseCycle, "send"): "abdd8601b326a8da972436918d3a954e1ef39c6bf0cd9e1c1954c2e798d0bb9c",
}

# What ours does in place of, or in addition to, the method: the place to compare it with.
OURS = {
    "send": "write_response in server/http/write.py",
    **dict.fromkeys(
        (name for owner, name in SOURCES if owner is HttpToolsProtocol), "the same method in server/http/protocol.py"
    ),
    "shutdown": "Connection.half_close in server/http/protocol.py",
}


def _parameters(function: Callable[..., object]) -> list[str]:
    return list(inspect.signature(function).parameters)


@pytest.mark.parametrize(("owner", "name"), SOURCES)
def test_uvicorn_method_is_the_one_that_ours_replaces(owner: type, name: str) -> None:
    source = inspect.getsource(getattr(owner, name))
    assert hashlib.sha256(source.encode()).hexdigest() == SOURCES[owner, name], (
        f"uvicorn changed {owner.__name__}.{name}: compare it with {OURS[name]}, then update the hash here."
    )


def test_uvicorn_constructors_take_what_ours_pass() -> None:
    hint = "compare the constructor with Connection.__init__ and _begin_faulty in server/http/protocol.py"
    assert _parameters(HttpToolsProtocol.__init__) == ["self", "config", "server_state", "app_state", "_loop"], hint
    assert _parameters(RequestResponseCycle.__init__) == [
        "self",
        "scope",
        "transport",
        "flow",
        "logger",
        "access_logger",
        "access_log",
        "default_headers",
        "message_event",
        "expect_100_continue",
        "keep_alive",
        "on_response",
    ], hint


def test_uvicorn_objects_have_the_attributes_that_ours_use() -> None:
    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        pass

    config = Config(app=app, http=HttpToolsProtocol, lifespan="off", proxy_headers=False, ws="none")
    config.load()
    flow: Any = FlowControl.__new__(FlowControl)
    cycle = RequestResponseCycle(
        scope={"type": "http"},  # type: ignore[typeddict-item]
        transport=None,  # type: ignore[arg-type]
        flow=flow,
        logger=logging.getLogger(),
        access_logger=logging.getLogger(),
        access_log=False,
        default_headers=[],
        message_event=None,  # type: ignore[arg-type]
        expect_100_continue=False,
        keep_alive=True,
        on_response=lambda: None,
    )
    used = {
        config: "app http access_log proxy_headers server_header ws loaded loaded_app",
        cycle: "scope transport flow default_headers message_event on_response disconnected keep_alive "
        "waiting_for_100_continue response_started response_complete",
        ServerState(): "connections total_requests default_headers",
    }
    for owner, names in used.items():
        missing = [name for name in names.split() if not hasattr(owner, name)]
        assert not missing, f"uvicorn's {type(owner).__name__} lost {missing}: look for their use in server/"
    assert config.loaded_app is app
    assert STATUS_LINE[200] == b"HTTP/1.1 200 OK\r\n"

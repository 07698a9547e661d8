"""KServe's ModelServer as the host process: its app stays behind the door, its signals mean what they should."""

import asyncio
import os
import signal
from collections.abc import Sequence
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING

import kserve
import prometheus_client
import uvloop
from kserve.model_server import app as kserve_app

from server import docs, metrics, routing
from server.http import timeouts
from server.http.access_log import AccessLog
from server.http.app import App
from server.http.intake import ConnectionLimits
from server.http.protocol import Connection
from server.http.worker import WorkerQueue
from server.page import routes
from server.predictor import Predictor
from server.settings import Settings

if TYPE_CHECKING:
    from server.links import Links


class KServeServer(kserve.ModelServer):
    """One worker, REST only. Serves until SIGTERM, SIGINT or SIGQUIT; drains from SIGUSR1 on."""

    def __init__(self, settings: Settings, predictors: Sequence[Predictor]) -> None:
        super().__init__(http_port=settings.port, enable_grpc=False, grace_period=settings.grace_seconds)
        table = routing.table(predictors) | routes.routes_for(predictors, settings)
        if settings.docs:
            table |= docs.routes_for(predictors)
        if settings.metrics_port == settings.port:
            table |= routing.metrics_table()
        elif settings.metrics_port:
            prometheus_client.start_http_server(settings.metrics_port, registry=metrics.REGISTRY)
        self._journal = AccessLog()
        backlog = WorkerQueue(settings.queue_size)
        self._door = App(table, kserve_app, backlog, self._journal, settings.pod_name, _links(settings))
        self._intake = ConnectionLimits(settings.max_body_bytes, max(8 * settings.max_body_bytes, 64 << 20))

    def setup_event_loop(self) -> None:
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())

    def register_signal_handler(self) -> None:
        # uvicorn handles SIGTERM and SIGINT while it serves, then raises them again: KServe's own handler would
        # unload the models under the requests in flight, and leave a server without models after SIGQUIT.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGUSR1, self._drain)

    async def _serve(self) -> None:
        config = self._rest_server.config
        config.app = self._door
        config.http = partial(Connection, self._intake)
        config.access_log = False
        config.proxy_headers = False  # nothing here depends on who the caller is
        config.server_header = False
        config.ws = "none"  # a request to upgrade is answered as if it had not been made
        connections = self._rest_server._server.server_state.connections
        metrics.CONNECTIONS.set_function(partial(len, connections))
        watch = asyncio.create_task(timeouts.watch(connections))
        try:
            await super()._serve()
        finally:
            watch.cancel()
            self._journal.flush()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._door.draining = True
        self._rest_server._server.should_exit = True

    def _drain(self, _number: int, _frame: FrameType | None) -> None:
        self._door.draining = True


def _links(settings: Settings) -> "Links | None":
    if not settings.image_hosts:
        return None
    from server.links import Links  # noqa: PLC0415 (what it takes to fetch is for those who do)

    # Seconds, for the C library: the stop waits for look-ups that are under way, and a caller for 5 s altogether.
    os.environ["RES_OPTIONS"] = "timeout:2 attempts:1"
    return Links(settings.image_hosts)

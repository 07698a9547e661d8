"""KServe's ModelServer runs uvicorn and holds the models; our own ASGI app stands in front of KServe's."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING

import kserve
import uvloop
from kserve.model_server import app as kserve_app
from uvicorn import Config

from server import metrics, routing
from server.http import loop_lag, timeouts
from server.http.access_log import AccessLog
from server.http.app import App
from server.http.arrival import Turns
from server.http.cors import Cors
from server.http.limits import ConnectionLimits
from server.http.listen import open_port
from server.http.protocol import Connection
from server.http.request import Responder
from server.http.timeouts import Timeouts
from server.http.worker import WorkerQueue
from server.http.write import CommonHeaders
from server.metrics_port import MetricsPort
from server.predictor import Predictor
from server.route import PREDICTING
from server.settings import Settings

if TYPE_CHECKING:
    from server.grpc.server import GrpcServer
    from server.links import Links

STOP_INTERVAL = 0.1  # seconds between two looks whether the server is to stop, as in uvicorn

_log = logging.getLogger("server")


class KServeServer(kserve.ModelServer):
    """One process and one event loop. Serves until SIGTERM, SIGINT or SIGQUIT, and drains from SIGUSR1 on.

    With DRAIN_SECONDS it also drains, and serves on, for so long after SIGTERM.
    """

    def __init__(self, settings: Settings, predictors: Sequence[Predictor], seconds: Timeouts) -> None:
        super().__init__(http_port=settings.port, enable_grpc=False, grace_period=settings.grace_seconds)
        self._metrics_port = MetricsPort()
        if settings.metrics_port not in (0, settings.port):
            self._metrics_port.open(settings.metrics_port)
        self._access_log = AccessLog()
        routes = routing.all_routes(predictors, settings)
        queue = WorkerQueue(settings.queue_size, settings.max_wait_ms / 1e3)
        cors = Cors(settings.cors_origins) if settings.cors_origins else None
        if cors:
            routes |= cors.preflight_routes(routes)
        metrics.REQUESTS.show(route.name for route in routes.values())
        metrics.REQUESTS.sum_up(PREDICTING)
        common = CommonHeaders(settings.pod_name, seconds.idle, cors)
        self._limits = ConnectionLimits(
            settings.max_body_bytes,
            max(8 * settings.max_body_bytes, settings.max_picture_bytes, 64 << 20),
            settings.max_picture_bytes if any(predictor.task.picture for predictor in predictors) else 0,
        )
        responder = Responder(common, self._access_log, self._limits)
        self._app = App(routes, kserve_app, queue, responder, _links(settings))
        self._timeouts = seconds
        self._drain_seconds = settings.drain_seconds
        self._draining = self._stopping = False
        self._grpc: GrpcServer | None = None
        if settings.grpc_port:
            from server.grpc.methods import INFER, all_methods  # noqa: PLC0415 (servers without the port need not load it)
            from server.grpc.server import GrpcServer as Server  # noqa: PLC0415

            methods = all_methods(predictors, routes)
            metrics.REQUESTS.show(method.name for method in methods.values())
            metrics.REQUESTS.sum_up([INFER])
            self._grpc = Server(settings, methods, queue, self._limits, self._timeouts, self._access_log)
            in_grpc = self._grpc.shared
            metrics.IN_FLIGHT.set_function(lambda: self._app.in_flight + in_grpc.calls)

    def setup_event_loop(self) -> None:
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())

    def register_signal_handler(self) -> None:
        # uvicorn handles SIGTERM and SIGINT while it serves, then raises them again. KServe's own handler would unload
        # the models while requests are in flight, and leave a server without models after SIGQUIT.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGUSR1, self._drain)

    async def _serve(self) -> None:
        config = self._rest_server.config
        config.app = self._app
        config.http = partial(Connection, self._limits, self._timeouts, Turns())
        config.access_log = False
        config.proxy_headers = False  # nothing here depends on the client's address
        config.server_header = False
        config.ws = "none"  # a request to upgrade is answered as if it had not asked for that
        if not config.loaded:
            config.load()
        check_served_app(config, self._app)
        if self._drain_seconds:
            self._drain_before_stop()
        server = self._rest_server._server
        serve = server.serve
        server.serve = lambda: serve(sockets=open_port("PORT", self.http_port))
        connections = server.server_state.connections
        in_grpc = self._grpc.shared.connections if self._grpc else ()
        metrics.CONNECTIONS.set_function(lambda: len(connections) + len(in_grpc))
        watches = [
            asyncio.create_task(timeouts.watch(connections, self._timeouts)),
            asyncio.create_task(loop_lag.watch(self._turned)),
        ]
        try:
            if self._grpc:
                await self._grpc.start()
                await asyncio.gather(super()._serve(), self._stop_grpc(self._grpc))
            else:
                await super()._serve()
        finally:
            for watch in watches:
                watch.cancel()
            self._access_log.flush()

    async def _stop_grpc(self, server: "GrpcServer") -> None:
        """Stop it when uvicorn stops, and drain it before if asked to."""
        while not self._rest_server._server.should_exit:
            if self._draining and not server.shared.draining:
                server.drain()
            await asyncio.sleep(STOP_INTERVAL)
        await server.stop()

    def _drain_before_stop(self) -> None:
        """Make uvicorn stop DRAIN_SECONDS after SIGTERM. A second SIGTERM, and any other signal, stops it at once."""
        loop = asyncio.get_running_loop()
        server = self._rest_server._server
        stop = server.handle_exit

        def handle_exit(number: int, frame: FrameType | None) -> None:
            if number == signal.SIGTERM and not self._stopping:
                self._stopping = True
                loop.call_soon_threadsafe(self._drain_then, partial(stop, number, frame))
            else:
                stop(number, frame)

        server.handle_exit = handle_exit

    def _drain_then(self, stop: Callable[[], None]) -> None:
        """Say that the server is not ready, and that each connection ends with its next response; stop later."""
        _log.info("draining", extra={"seconds": self._drain_seconds})
        self._app.fail_readiness()
        if self._grpc:
            self._grpc.fail_readiness()
        self._app.drain()
        self._draining = True
        asyncio.get_running_loop().call_later(self._drain_seconds, stop)

    def _turned(self) -> None:
        server = self._rest_server._server
        self._metrics_port.turn(ready=server.started and not (server.should_exit or self._stopping))

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._app.drain()
        self._rest_server._server.should_exit = True

    def _drain(self, _number: int, _frame: FrameType | None) -> None:
        self._app.drain()
        self._draining = True


class WrongAppError(Exception):
    """uvicorn would serve another app than ours."""


def check_served_app(config: Config, app: App) -> None:
    """Raise WrongAppError unless uvicorn, once configured, serves this app over our connections.

    After an upgrade of KServe or uvicorn, KServe's own app could otherwise answer every request, without our limits and
    error messages, and nothing else would show it.
    """
    if config.loaded_app is not app:
        raise WrongAppError(
            "uvicorn would serve another app than server.http.app.App. "
            "Compare server/kserve_host.py with the installed kserve and uvicorn."
        )


def _links(settings: Settings) -> "Links | None":
    if not settings.image_hosts:
        return None
    from server.links import Links  # noqa: PLC0415 (servers that follow no links need not load it)

    # Seconds, for the C library: the stop waits for look-ups that are under way, and a request for 5 s in total.
    os.environ["RES_OPTIONS"] = "timeout:2 attempts:1"
    return Links(settings.image_hosts)

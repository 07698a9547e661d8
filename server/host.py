"""KServe's ModelServer as the host process: its app stays behind the door, its signals mean what they should."""

import asyncio
import signal
from collections.abc import Sequence
from types import FrameType

import kserve
import uvloop
from kserve.model_server import app as kserve_app

from server import docs, metrics, routes
from server.door import Door
from server.predictor import Predictor
from server.settings import Settings


class Host(kserve.ModelServer):
    """One worker, REST only. Serves until SIGTERM, SIGINT or SIGQUIT; drains from SIGUSR1 on."""

    def __init__(self, settings: Settings, predictors: Sequence[Predictor]) -> None:
        super().__init__(http_port=settings.port, enable_grpc=False, grace_period=settings.grace_seconds)
        self._door = Door(
            routes.table(predictors) | docs.table(predictors),
            kserve_app,
            settings.max_body_bytes,
            settings.pod_name,
        )
        for predictor in predictors:
            metrics.describe(predictor)

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
        config.access_log = False
        config.server_header = False
        config.ws = "none"  # a request to upgrade is answered as if it had not been made
        await super()._serve()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._door.draining = True
        self._rest_server._server.should_exit = True

    def _drain(self, _number: int, _frame: FrameType | None) -> None:
        self._door.draining = True

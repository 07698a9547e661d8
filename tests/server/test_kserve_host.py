from typing import Any

import pytest
from uvicorn import Config

from server.http.app import App
from server.http.worker import WorkerQueue
from server.kserve_host import WrongAppError, check_served_app
from tests.server.responder import responder


async def kserve_app(_scope: Any, _receive: Any, _send: Any) -> None:
    raise AssertionError


def loaded(app: Any, *, proxy_headers: bool = False) -> Config:
    config = Config(app=app, lifespan="off", proxy_headers=proxy_headers, ws="none")
    config.load()
    return config


@pytest.fixture
def app() -> App:
    return App({}, kserve_app, WorkerQueue(1), responder())


def test_our_app_may_be_served(app: App) -> None:
    check_served_app(loaded(app), app)


def test_start_fails_if_uvicorn_serves_another_app(app: App) -> None:
    for config in (loaded(kserve_app), loaded(app, proxy_headers=True)):
        with pytest.raises(WrongAppError, match="another app"):
            check_served_app(config, app)

"""What happens once, before the first request: read the settings, load and warm up the models, listen."""

import gc
import logging
import resource
import sys
from collections.abc import Mapping

from model.bundle import BundleError, load
from server import log, metrics, settings
from server.kserve_host import KServeServer
from server.predictor import Predictor

SWITCH_SECONDS = 0.0005
"""How long a prediction off the event loop may hold the interpreter while an answer waits; Python's own is 5 ms."""

_log = logging.getLogger("server")


def start(environment: Mapping[str, str]) -> int:
    """Serve until told to stop; the exit status: 0 after a clean stop, 1 when the start is refused."""
    log.configure()
    try:
        configured = settings.from_environment(environment)
        predictors = [Predictor(name, load(path)) for name, path in configured.models]
        for predictor in predictors:
            predictor.load()
    except (settings.SettingsError, BundleError) as error:
        _log.error("cannot start: %s", error)
        return 1
    for predictor in predictors:
        version, digest = predictor.task.version, predictor.bundle.digest[:12]
        metrics.MODEL.labels(predictor.name, version, digest).set(1)
        metrics.WARM_UP.labels(predictor.name).set(predictor.warm_up_seconds)
        _log.info("loaded", extra={"model": predictor.name, "digest": digest, "port": configured.port})
    host = KServeServer(configured, predictors)
    sys.setswitchinterval(SWITCH_SECONDS)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # shells and containers begin with 1,024
    gc.freeze()  # what is loaded stays: without it each full collection walks every imported module
    try:
        host.start(predictors)
    except SystemExit:  # uvicorn's way to say that it cannot listen; it has logged why
        return 1
    return 0

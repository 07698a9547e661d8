"""The start of the server: read the settings, load and warm up the models, listen."""

import gc
import logging
import resource
import sys
import warnings
from collections.abc import Mapping
from dataclasses import replace

from model.bundle import Bundle, BundleError, load
from model.store.address import Address
from server import log, metrics, settings
from server.http.timeouts import Timeouts
from server.kserve_host import KServeServer, WrongAppError
from server.predictor import Predictor
from server.settings import Settings

# How long a prediction off the event loop may hold the interpreter while a response waits; Python's default is 5 ms.
SWITCH_SECONDS = 0.0005

_log = logging.getLogger("server")


def start(environment: Mapping[str, str], timeouts: Timeouts = Timeouts()) -> int:  # noqa: B008 (it is frozen)
    """Serve until a signal stops the server.

    Args:
        environment: The variables that docs/api.md lists under "Environment".
        timeouts: How long the server waits for clients, apart from `idle`, which is a setting.

    Returns:
        The exit status: 0 after a clean stop, 1 if the server could not start.
    """
    log.configure()
    # What a pipeline remarks on a caller's rows would fill the log, a line for each prediction.
    warnings.filterwarnings("ignore", module=r"(numpy|pandas|scipy|sklearn)\.")
    try:
        configured = settings.from_environment(environment)
        names = [name for name, _ in configured.models]
        predictors = [Predictor(name, bundle) for name, bundle in zip(names, _bundles(configured), strict=True)]
        for predictor in predictors:
            predictor.load()
    except (settings.SettingsError, BundleError) as error:
        _log.error("cannot start: %s", error)
        return 1
    _log.info("settings", extra={"settings": settings.summary(configured)})
    for predictor in predictors:
        version, digest = predictor.task.version, predictor.bundle.digest[:12]
        metrics.MODEL.labels(predictor.name, version, digest).set(1)
        metrics.WARM_UP.labels(predictor.name).set(predictor.warm_up_seconds)
        _log.info("loaded", extra={"model": predictor.name, "digest": digest, "port": configured.port})
    host = KServeServer(configured, predictors, replace(timeouts, idle=configured.idle_seconds))
    sys.setswitchinterval(SWITCH_SECONDS)
    _, maximum = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (maximum, maximum))  # the default in shells and containers is 1,024
    gc.freeze()  # without it, each full collection walks every imported module
    try:
        host.start(predictors)
    except (WrongAppError, settings.SettingsError) as error:
        _log.error("cannot start: %s", error)
        return 1
    except SystemExit:  # uvicorn cannot listen, and has logged why
        return 1
    return 0


def _bundles(configured: Settings) -> list[Bundle]:
    """Load the bundles, from folders and from stores. Raises BundleError."""
    places = [place for _, place in configured.models]
    remote = [place for place in places if isinstance(place, Address)]
    loaded: dict[Address, Bundle] = {}
    if remote:
        from model.store import download  # noqa: PLC0415 (see model/store/address.py)

        loaded = dict(zip(remote, download.load(remote, configured.store), strict=True))
    bundles = [loaded[place] if isinstance(place, Address) else load(place) for place in places]
    for place, digest, bundle in zip(places, configured.digests, bundles, strict=True):
        if digest not in ("", bundle.digest):
            raise BundleError(f"The model at {place} has the digest {bundle.digest}, but MODEL_DIGEST has {digest}.")
    return bundles

"""The settings, read once from the environment. A bad value stops the start."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from model import catalog
from model.manifest import SKOPS
from model.store.address import Access, Address
from server import model_places
from server.environment import SettingsError, switch, whole_number

__all__ = ["Settings", "SettingsError", "from_environment", "needs_pandas", "summary"]

_PORTS = range(1, 65536)
_MAX_BYTES = 1 << 30  # of a request's body
# A name of two labels or more whose last begins with a letter, which no spelling of an IP address does.
_HOST = re.compile(
    r"(?=.{1,253}(:|$))(?P<name>([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+"
    r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?)(:(?P<port>[0-9]{1,5}))?"
)
# No path, no slash at the end, no default port: a browser sends none of these, so such an origin would match no page.
_ORIGIN = re.compile(
    r"(?!https:.*:443$|http:.*:80$)[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?"
)


@dataclass(frozen=True)
class Settings:
    """How one server process is configured.

    Attributes:
        models: (name, place) pairs in the order given. The first that reads a body answers it on /predict.
        digests: For each model the digest that it must have; empty where any will do.
        store: How the models that are in a store are reached.
        port: Where the server listens.
        max_body_bytes: A longer request body is refused with 413.
        max_picture_bytes: The same for a body that is a picture's file or a form, if a model takes pictures.
        queue_size: Predictions that may wait or run off the event loop. One more is refused with 503.
        max_wait_ms: How long a prediction may be expected to wait there. Otherwise it is refused with 503.
        drain_seconds: How long it still serves after SIGTERM, as the balancer in front may send requests until then.
        grace_seconds: How long requests in flight may take to finish after that.
        idle_seconds: How long a connection is kept between two requests.
        pod_name: Sent in the header X-Served-By, unless it is empty.
        metrics_port: Where GET /metrics is answered; it may be `port`. 0 turns it off.
        grpc_port: Where gRPC is served. 0 turns it off.
        docs: Whether GET /docs and /openapi.json are answered.
        cors_origins: Origins of the pages that may call the server from a browser, or "*" alone for all of them.
        image_hosts: (host, port) pairs from which pictures are downloaded. If there are none, links are refused.
    """

    models: tuple[tuple[str, Path | Address], ...]
    digests: tuple[str, ...]
    store: Access
    port: int
    max_body_bytes: int
    max_picture_bytes: int
    queue_size: int
    max_wait_ms: int
    drain_seconds: int
    grace_seconds: int
    idle_seconds: int
    pod_name: str
    metrics_port: int
    grpc_port: int
    docs: bool
    cors_origins: frozenset[str]
    image_hosts: frozenset[tuple[str, int]]


def summary(settings: Settings) -> dict[str, Any]:
    """Return the settings for the log. None of them is secret."""
    return {
        **vars(settings),
        "models": [name for name, _ in settings.models],
        "store": vars(settings.store),
        "cors_origins": sorted(settings.cors_origins),
        "image_hosts": [f"{name}:{port}" for name, port in sorted(settings.image_hosts)],
    }


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read what docs/api.md lists under "Environment".

    MODEL_NAME and MODEL_PATH may each be a comma-separated list of equal length. By default the models that ship are
    served; BUNDLE, which the image sets, names one to serve in place of the first. Raises SettingsError.
    """
    default = catalog.served(environment.get("BUNDLE", ""))
    max_body_bytes = whole_number(environment, "MAX_BODY_BYTES", 1 << 20, range(1024, _MAX_BYTES + 1))
    models = model_places.models(
        environment.get("MODEL_NAME", ",".join(default)),
        environment.get("MODEL_PATH", ",".join(str(catalog.BUNDLES / name) for name in default)),
    )
    return Settings(
        models=models,
        digests=model_places.digests(environment.get("MODEL_DIGEST", ""), len(models)),
        store=model_places.access(environment),
        port=whole_number(environment, "PORT", 8000, _PORTS),
        max_body_bytes=max_body_bytes,
        max_picture_bytes=whole_number(
            environment, "MAX_PICTURE_BYTES", max(10 << 20, max_body_bytes), range(max_body_bytes, _MAX_BYTES + 1)
        ),
        queue_size=whole_number(environment, "QUEUE_SIZE", 32, range(1, 10_001)),
        max_wait_ms=whole_number(environment, "MAX_WAIT_MS", 500, range(1, 3_600_001)),
        drain_seconds=whole_number(environment, "DRAIN_SECONDS", 0, range(601)),
        grace_seconds=whole_number(environment, "GRACE_SECONDS", 20, range(601)),
        idle_seconds=whole_number(environment, "IDLE_SECONDS", 65, range(1, 86_401)),
        pod_name=_pod_name(environment.get("POD_NAME", "")),
        metrics_port=whole_number(environment, "METRICS_PORT", 0, range(65536)),
        grpc_port=whole_number(environment, "GRPC_PORT", 0, range(65536)),
        docs=switch(environment, "DOCS"),
        cors_origins=frozenset(_origins(environment.get("CORS_ORIGINS", ""))),
        image_hosts=frozenset(_hosts(environment.get("IMAGE_HOSTS", ""))),
    )


def needs_pandas(environment: Mapping[str, str]) -> bool:
    """Return whether scikit-learn runs one of the models, or might run one that is still in a store.

    If a setting is bad, the start will say so.
    """
    with suppress(SettingsError):
        places = [place for _, place in from_environment(environment).models]
        paths = [place for place in places if isinstance(place, Path)]
        if len(paths) < len(places) and find_spec("skops"):
            return True
        return any((folder / SKOPS).exists() for path in paths for folder in (path, path.parent))
    return False


def _hosts(text: str) -> Iterator[tuple[str, int]]:
    """Return each host with the ports that may be used: the given one, or those of http and https."""
    for entry in filter(None, map(str.strip, text.lower().split(","))):
        found = _HOST.fullmatch(entry)
        if found is None or int(found["port"] or 1) not in _PORTS:
            raise SettingsError(
                f"IMAGE_HOSTS must be a comma-separated list of hosts' full names, such as pictures.example.org or "
                f"pictures.example.org:8443, not {entry!r}."
            )
        for port in (found["port"],) if found["port"] else (80, 443):
            yield found["name"], int(port)


def _origins(text: str) -> Iterator[str]:
    entries = [entry for entry in map(str.strip, text.lower().split(",")) if entry]
    for entry in entries:
        if not _ORIGIN.fullmatch(entry) and entries != ["*"]:
            raise SettingsError(
                "CORS_ORIGINS must be * or a comma-separated list of origins, each as a browser writes it, such as "
                f"https://app.example.org or http://localhost:3000, not {entry!r}."
            )
        yield entry


def _pod_name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9.-]{0,253}", text):
        raise SettingsError(f"POD_NAME must be the name of a pod, not {text!r}.")
    return text

"""The settings, read once from the environment. A bad value stops the start."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model import catalog
from model.manifest import SKOPS
from model.task import MODEL_NAME

_RESERVED_NAMES = frozenset(("batch", "img"))
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


class SettingsError(ValueError):
    """A bad environment variable. The message says which one and what to do."""


@dataclass(frozen=True)
class Settings:
    """How one server process is configured.

    Attributes:
        models: (name, path) pairs in the order given. The first that reads a body answers it on /predict.
        port: Where the server listens.
        max_body_bytes: A longer request body is refused with 413.
        max_picture_bytes: The same for a body that is a picture's file or a form, if a model takes pictures.
        queue_size: Predictions that may wait or run off the event loop. One more is refused with 503.
        max_wait_ms: How long a prediction may be expected to wait there. Otherwise it is refused with 503.
        grace_seconds: How long requests in flight may take to finish after SIGTERM.
        idle_seconds: How long a connection is kept between two requests.
        pod_name: Sent in the header X-Served-By, unless it is empty.
        metrics_port: Where GET /metrics is answered; it may be `port`. 0 turns it off.
        grpc_port: Where gRPC is served. 0 turns it off.
        docs: Whether GET /docs and /openapi.json are answered.
        cors_origins: Origins of the pages that may call the server from a browser, or "*" alone for all of them.
        image_hosts: (host, port) pairs from which pictures are downloaded. If there are none, links are refused.
    """

    models: tuple[tuple[str, Path], ...]
    port: int
    max_body_bytes: int
    max_picture_bytes: int
    queue_size: int
    max_wait_ms: int
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
        "cors_origins": sorted(settings.cors_origins),
        "image_hosts": [f"{name}:{port}" for name, port in sorted(settings.image_hosts)],
    }


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read what docs/api.md lists under "Environment".

    MODEL_NAME and MODEL_PATH may each be a comma-separated list of equal length. By default the models that ship are
    served; BUNDLE, which the image sets, names one to serve in place of the first. Raises SettingsError.
    """
    default = catalog.served(environment.get("BUNDLE", ""))
    max_body_bytes = _whole_number(environment, "MAX_BODY_BYTES", 1 << 20, range(1024, _MAX_BYTES + 1))
    return Settings(
        models=_models(
            environment.get("MODEL_NAME", ",".join(default)),
            environment.get("MODEL_PATH", ",".join(str(catalog.BUNDLES / name) for name in default)),
        ),
        port=_whole_number(environment, "PORT", 8000, _PORTS),
        max_body_bytes=max_body_bytes,
        max_picture_bytes=_whole_number(
            environment, "MAX_PICTURE_BYTES", max(10 << 20, max_body_bytes), range(max_body_bytes, _MAX_BYTES + 1)
        ),
        queue_size=_whole_number(environment, "QUEUE_SIZE", 32, range(1, 10_001)),
        max_wait_ms=_whole_number(environment, "MAX_WAIT_MS", 500, range(1, 3_600_001)),
        grace_seconds=_whole_number(environment, "GRACE_SECONDS", 20, range(601)),
        idle_seconds=_whole_number(environment, "IDLE_SECONDS", 65, range(1, 86_401)),
        pod_name=_pod_name(environment.get("POD_NAME", "")),
        metrics_port=_whole_number(environment, "METRICS_PORT", 0, range(65536)),
        grpc_port=_whole_number(environment, "GRPC_PORT", 0, range(65536)),
        docs=_switch(environment, "DOCS"),
        cors_origins=frozenset(_origins(environment.get("CORS_ORIGINS", ""))),
        image_hosts=frozenset(_hosts(environment.get("IMAGE_HOSTS", ""))),
    )


def needs_pandas(environment: Mapping[str, str]) -> bool:
    """Return whether scikit-learn runs one of the models. If a setting is bad, the start will say so."""
    with suppress(SettingsError):
        paths = [path for _, path in from_environment(environment).models]
        return any((folder / SKOPS).exists() for path in paths for folder in (path, path.parent))
    return False


def _models(names: str, paths: str) -> tuple[tuple[str, Path], ...]:
    name_list = [name.strip() for name in names.split(",")]
    path_list = [path.strip() for path in paths.split(",")]
    if not all(name_list) or not all(path_list):
        raise SettingsError("MODEL_NAME and MODEL_PATH must not be empty or have empty entries.")
    if len(name_list) != len(path_list):
        raise SettingsError(
            f"MODEL_NAME has {len(name_list)} entries and MODEL_PATH {len(path_list)}. Give the same number of each."
        )
    if len(set(name_list)) != len(name_list):
        raise SettingsError("MODEL_NAME names the same model twice.")
    for name in name_list:
        if not MODEL_NAME.fullmatch(name):  # a name is part of paths
            raise SettingsError(
                f"MODEL_NAME must not name a model {name!r}. Use 1 to 63 letters, digits, '.', '_' or '-', "
                "beginning and ending with a letter or digit."
            )
    for name in _RESERVED_NAMES.intersection(name_list):
        raise SettingsError(f"MODEL_NAME must not name a model {name!r}: /predict/{name} is a path of its own.")
    return tuple(zip(name_list, map(Path, path_list), strict=True))


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


def _whole_number(environment: Mapping[str, str], name: str, default: int, allowed: range) -> int:
    text = environment.get(name, "").strip() or str(default)
    if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) not in allowed:
        raise SettingsError(f"{name} must be a whole number from {allowed[0]} to {allowed[-1]}, not {text!r}.")
    return int(text)


def _switch(environment: Mapping[str, str], name: str) -> bool:
    text = environment.get(name, "").strip().lower() or "off"
    if text not in ("on", "off"):
        raise SettingsError(f"{name} must be on or off, not {text!r}.")
    return text == "on"

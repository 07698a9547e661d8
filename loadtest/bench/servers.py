"""The servers that are compared: how each is started, the protocols it speaks, and its cold start."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import monotonic

from loadtest.bench import request_spec
from loadtest.bench.image_requests import BRAIN_MRI, DIGITS
from loadtest.bench.process import Command, Process, free_port, running
from loadtest.bench.request_spec import LabelledRows, RequestSpec
from loadtest.bench.tabular_models import Model

BASELINES = "loadtest.bench.baselines"
# Our server without metrics and access log, which no setting turns off.
UNOBSERVED_SERVER = """
import sys
from server.__main__ import main
from server.http.request import RequestContext
assert callable(RequestContext.finish)
RequestContext.finish = lambda self: None
sys.exit(main())
"""

Protocols = Mapping[str, Callable[[LabelledRows], RequestSpec]]


@dataclass(frozen=True)
class Server:
    """A server that is compared.

    Attributes:
        command: returns the command that serves a model.
        one_row: protocols for one row, by name.
        batch: protocols for batches, by name.
        probe: the path that a kubelet probes.
    """

    name: str
    command: Callable[[Model], Command]
    one_row: Protocols
    batch: Protocols
    probe: str

    def first_spec(self, rows: LabelledRows) -> RequestSpec:
        """Return the request for one row in the first protocol."""
        return next(iter(self.one_row.values()))(rows)


@dataclass(frozen=True)
class ColdStart:
    """Medians: seconds from the exec to the first correct response, and resident memory at that time."""

    server: str
    seconds: float
    mib: float


class Fleet:
    """Servers of one model that several tables share.

    They are started when they are first needed, and again after one of them has ended, so that a server which crashes
    costs one table and not all that come after it.
    """

    def __init__(self, servers: Sequence[Server], model: Callable[[], Model], folder: Path) -> None:
        self._servers = servers
        self._model = model
        self._folder = folder
        self._stack = ExitStack()
        self._started: list[tuple[Server, Process]] = []

    def started(self) -> Sequence[tuple[Server, Process]]:
        """Return the servers with their processes.

        Raises:
            MeasurementError: a server does not start.
        """
        if len(self._started) < len(self._servers) or any(one.popen.poll() is not None for _, one in self._started):
            self.close()
            model = self._model()
            for server in self._servers:
                process = self._stack.enter_context(running(server.command(model), self._folder))
                process.wait_for(server.first_spec(model.sample(1)))
                self._started.append((server, process))
        return self._started

    def close(self) -> None:
        """Kill the servers."""
        self._started.clear()
        self._stack.close()


def cold_starts(servers: Sequence[Server], model: Model, times: int, folder: Path) -> list[ColdStart]:
    """Start the servers in turn, `times` times."""
    measured: list[list[tuple[float, float]]] = [[] for _ in servers]
    for _ in range(times):
        for server, its_starts in zip(servers, measured, strict=True):
            its_starts.append(_cold_start(server, model, folder))
    return [
        ColdStart(server.name, *map(median, zip(*its_starts, strict=True)))
        for server, its_starts in zip(servers, measured, strict=True)
    ]


def _cold_start(server: Server, model: Model, folder: Path) -> tuple[float, float]:
    command, spec = server.command(model), server.first_spec(model.sample(1))
    began = monotonic()
    with running(command, folder) as process:
        process.wait_for(spec)
        return monotonic() - began, process.resident_mib()


def our_server(bundles: Mapping[str, Path]) -> Command:
    """Return the command for our server with bundles by the names of their models."""
    port = free_port()
    environment = {
        "MODEL_NAME": ",".join(bundles),
        "MODEL_PATH": ",".join(map(str, bundles.values())),
        "PORT": str(port),
    }
    return Command(["-m", "server"], environment, port)


def _ours(model: Model) -> Command:
    return our_server({"model": model.bundle})


def _ours_with_grpc(model: Model) -> Command:
    port, command = free_port(), _ours(model)
    return replace(command, environment={**command.environment, "GRPC_PORT": str(port)}, grpc_port=port)


def _as_in_a_pod(model: Model, cores: float) -> Command:
    """Return the command for our server with its probes on the port of its metrics, where the manifests have them."""
    port, command = free_port(), _ours(model)
    environment = {**command.environment, "METRICS_PORT": str(port)}
    return replace(command, environment=environment, probe_port=port, cores=cores)


def _with_images(model: Model) -> Command:
    return our_server({"model": model.bundle, "digits": DIGITS, "brain_mri": BRAIN_MRI})


def _unobserved(model: Model) -> Command:
    return replace(_ours(model), arguments=["-c", UNOBSERVED_SERVER])


def _fastapi(model: Model) -> Command:
    port = free_port()
    arguments = ["-m", "uvicorn", f"{BASELINES}.fastapi_service:app", f"--port={port}"]
    environment = {"MODEL": str(model.fitted_on_frame), "ROW": json.dumps(model.rows[0])}
    return Command(arguments, environment, port)


def _kserve(model: Model) -> Command:
    port, grpc_port = free_port(), free_port()
    arguments = ["-m", f"{BASELINES}.kserve_custom", "--model_name=model", f"--http_port={port}"]
    environment = {"MODEL": str(model.fitted_on_array)}
    return Command([*arguments, f"--grpc_port={grpc_port}"], environment, port, grpc_port)


def _constant(_model: Model) -> Command:
    port = free_port()
    return Command(["-m", "uvicorn", f"{BASELINES}.constant:app", "--no-access-log", f"--port={port}"], {}, port)


_V1_AND_V2: Protocols = {"V1": request_spec.v1, "V2 JSON": request_spec.v2_json}
_BINARY: Protocols = {"V2 binary": request_spec.v2_binary}
_PREDICT: Protocols = {"/predict": request_spec.predict}
_PREDICT_BATCH: Protocols = {"/predict/batch": request_spec.predict_batch}

FASTAPI = Server("plain FastAPI", _fastapi, _PREDICT, _PREDICT_BATCH, probe="/health")
KSERVE = Server("KServe custom model", _kserve, _V1_AND_V2, {**_V1_AND_V2, **_BINARY}, probe="/v2/health/live")
OURS = Server(
    "this server",
    _ours,
    {**_PREDICT, **_V1_AND_V2, **_BINARY},
    {**_PREDICT_BATCH, **_V1_AND_V2, **_BINARY},
    probe="/health/ready",
)
CONSTANT = Server("uvicorn, a constant response", _constant, {"": request_spec.constant}, {}, probe="/")
WITH_IMAGES = replace(OURS, name="this server, with digits and brain MRI", command=_with_images)
UNOBSERVED = replace(OURS, name="this server, without metrics and log", command=_unobserved)
WITH_GRPC = replace(OURS, command=_ours_with_grpc)
IN_A_POD = replace(OURS, command=lambda model: _as_in_a_pod(model, 1.0))
IN_A_SMALL_POD = replace(OURS, name="this server, a fifth of a core", command=lambda model: _as_in_a_pod(model, 0.2))
COMPARED = (FASTAPI, KSERVE, OURS)

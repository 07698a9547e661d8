"""The servers that are compared: how each is started, and in which ways each is asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from loadtest.bench import request_spec
from loadtest.bench.models import Model
from loadtest.bench.pictures import BRAIN_MRI, DIGITS
from loadtest.bench.process import Start, free_port
from loadtest.bench.request_spec import Ask, Rows

BASELINES = "loadtest.bench.baselines"
WITHOUT_FINISH = """
import sys
from server.__main__ import main
from server.http.request import RequestContext
assert callable(RequestContext.finish)
RequestContext.finish = lambda self: None
sys.exit(main())
"""
"""Our server, but that it neither counts a request nor writes its line, for which it has no switch."""

Protocols = Mapping[str, Callable[[Rows], Ask]]


@dataclass(frozen=True)
class Server:
    """one_row, batch: the protocols that it is asked in, by name; probe: the path that a kubelet asks."""

    name: str
    start: Callable[[Model], Start]
    one_row: Protocols
    batch: Protocols
    probe: str

    def first(self, rows: Rows) -> Ask:
        """One row, by the first of its protocols."""
        return next(iter(self.one_row.values()))(rows)


def _fastapi(model: Model) -> Start:
    port = free_port()
    words = ["-m", "uvicorn", f"{BASELINES}.fastapi_service:app", f"--port={port}"]
    return Start(words, {"MODEL": str(model.of_table)}, port)


def _kserve(model: Model) -> Start:
    port = free_port()
    words = ["-m", f"{BASELINES}.kserve_custom", "--model_name=model", f"--http_port={port}"]
    return Start([*words, f"--grpc_port={free_port()}"], {"MODEL": str(model.of_arrays)}, port)


def ours(bundles: Mapping[str, Path]) -> Start:
    """Our server with bundles by the names that they are served under."""
    port = free_port()
    environment = {
        "MODEL_NAME": ",".join(bundles),
        "MODEL_PATH": ",".join(map(str, bundles.values())),
        "PORT": str(port),
    }
    return Start(["-m", "server"], environment, port)


def _ours(model: Model) -> Start:
    return ours({"model": model.bundle})


def _with_pictures(model: Model) -> Start:
    return ours({"model": model.bundle, "digits": DIGITS, "brain_mri": BRAIN_MRI})


def _unobserved(model: Model) -> Start:
    return replace(_ours(model), words=["-c", WITHOUT_FINISH])


def _constant(_model: Model) -> Start:
    port = free_port()
    return Start(["-m", "uvicorn", f"{BASELINES}.constant:app", "--no-access-log", f"--port={port}"], {}, port)


FASTAPI = Server(
    "plain FastAPI", _fastapi, {"/predict": request_spec.plain}, {"/predict/batch": request_spec.batch}, probe="/health"
)
KSERVE = Server(
    "KServe custom model",
    _kserve,
    {"V1": request_spec.v1, "V2 JSON": request_spec.v2},
    {"V1": request_spec.v1, "V2 JSON": request_spec.v2, "V2 binary": request_spec.v2_binary},
    probe="/v2/health/live",
)
OURS = Server(
    "this server",
    _ours,
    {
        "/predict": request_spec.plain,
        "V1": request_spec.v1,
        "V2 JSON": request_spec.v2,
        "V2 binary": request_spec.v2_binary,
    },
    {
        "/predict/batch": request_spec.batch,
        "V1": request_spec.v1,
        "V2 JSON": request_spec.v2,
        "V2 binary": request_spec.v2_binary,
    },
    probe="/health/ready",
)
CONSTANT = Server("uvicorn, a constant answer", _constant, {"": request_spec.constant}, {}, probe="/")
WITH_PICTURES = replace(OURS, name="this server, with digits and brain MRI", start=_with_pictures)
UNOBSERVED = replace(OURS, name="this server, neither counting nor logging", start=_unobserved)

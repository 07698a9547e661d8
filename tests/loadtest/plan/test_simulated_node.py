"""The load that pods of a simulated node share, with a small API server in the place of a cluster and of kwok."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from loadtest.cluster.record import Recorder
from loadtest.plan import capacity, scale_up, simulated_node
from loadtest.plan.simulated_node import CPU, NAMESPACE, SimulatedNode
from loadtest.users.models import CannotRunError
from tests.loadtest.plan.capacities import CAPACITY, COST, REST

RATE = 400.0
NAME = "simulated"
CPU_STATUS = [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 2}}}]
POD = {"metadata": {"name": "simulated-1", "creationTimestamp": None}, "spec": {"containers": []}}


@dataclass
class Api:
    """A Deployment that gets one more ready pod as often as the load has been shared, up to `most`."""

    url: str = ""
    most: int = 3
    cpu: list[str] = field(default_factory=list)
    looked: int = 0

    @property
    def ready(self) -> int:
        loaded = sum(float(cpu.removesuffix("m")) > REST for cpu in self.cpu)
        return min(self.most, 1 + loaded)

    def answer(self, path: str) -> dict[str, Any]:
        if "horizontalpodautoscalers" in path:
            spec = {"scaleTargetRef": {"name": NAME}, "maxReplicas": 3}
            return {"spec": spec, "status": {"desiredReplicas": 1, "currentMetrics": CPU_STATUS}}
        if "deployments" in path:
            replicas = {"replicas": min(self.most, self.ready + 1), "selector": {"matchLabels": {"app": NAME}}}
            return {"spec": replicas, "status": {"readyReplicas": 1}}
        if "includeObject=None" in path:
            rows = [{"cells": [f"simulated-{number}", "1/1"]} for number in range(self.ready)]
            return {"rows": [*rows, {"cells": ["simulated-x", "0/1"]}]}
        return {"items": [POD] if path.startswith("/api/v1/") and "/pods" in path else []}


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    found = Api()

    class Handler(BaseHTTPRequestHandler):
        def answer(self, content: dict[str, Any]) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def do_GET(self) -> None:
            found.looked += self.path == "/page"
            self.answer(found.answer(self.path))

        def do_PATCH(self) -> None:
            patch = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.cpu.append(patch["metadata"]["annotations"][CPU])
            self.answer({})

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found.url = f"http://127.0.0.1:{server.server_port}"
        config = {
            "current-context": "small",
            "contexts": [{"name": "small", "context": {"cluster": "small", "user": "small"}}],
            "clusters": [{"name": "small", "cluster": {"server": found.url}}],
            "users": [{"name": "small", "user": {}}],
        }
        (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        for name, seconds in (("STEP", 0.2), ("IDLE_SECONDS", 1), ("LOAD_SECONDS", 1)):
            monkeypatch.setattr(simulated_node, name, seconds)
        yield found
        server.shutdown()


def words(api: Api, folder: Path) -> list[str]:
    capacity.write(CAPACITY, folder / "capacity.json")
    options = {"--hpa": NAME, "--pods": 3, "--rate": RATE, "--page": f"{api.url}/page"}
    options |= {"--capacity": folder / "capacity.json", "--output": folder / "record.csv"}
    return [str(word) for option in options.items() for word in option]


def test_each_ready_pod_gets_its_share_until_all_are_ready(api: Api, tmp_path: Path) -> None:
    assert simulated_node.main(words(api, tmp_path)) == 0
    seconds = scale_up.read(tmp_path / "record.csv")
    assert [(one.rate, one.desired, one.ready) for one in seconds] == [
        (0, 2, 1),
        (RATE, 2, 1),
        (RATE, 3, 2),
        (RATE, 3, 3),
    ]
    assert [float(cpu.removesuffix("m")) for cpu in api.cpu[1:]] == [
        200,
        REST + COST * RATE / 2,
        pytest.approx(REST + COST * RATE / 3, abs=0.001),
    ]
    assert api.looked == len(api.cpu), "kwok adds up the CPU only when somebody looks"


def test_scale_up_that_ends_too_early_is_refused(api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    api.most = 2
    assert simulated_node.main(words(api, tmp_path)) == 2
    assert capsys.readouterr().err == "3 pods were not ready within 1 s: the last number was 2.\n"


def test_kwok_that_does_not_answer_is_said(api: Api) -> None:
    recorder = Recorder.connect(NAMESPACE, None, NAME)
    with pytest.raises(CannotRunError, match="kwok does not answer"):
        SimulatedNode(recorder, "http://127.0.0.1:9/page", CAPACITY.pod).share(RATE)

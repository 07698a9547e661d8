"""A small API server with one autoscaler whose Deployment follows its minimum, and a Service whose pod is slow."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SERVICE_SECONDS = 0.02  # so that the pod answers 50 requests a second
CPU_SECONDS = 0.004
QUEUE = 10  # requests; it refuses further ones
INFO = {"digest": "ab" * 32, "inputs": [], "example": {"area_worst": 2019.0}}
NODE_INFO = {"kubeletVersion": "v1.36.3", "containerRuntimeVersion": "containerd", "osImage": "Debian"}


@dataclass
class SmallCluster:
    """Its addresses, the bounds that the autoscaler was given, in order, and what its pod computes."""

    api: str = ""
    host: str = ""
    bounds: list[tuple[int, int]] = field(default_factory=lambda: [(1, 3)])
    cpu: float = 1.0
    waiting: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def objects(self, path: str) -> dict[str, Any]:
        low, high = self.bounds[-1]
        labels = {"matchLabels": {"app": "small"}}
        if "horizontalpodautoscalers" in path:
            return {"spec": {"scaleTargetRef": {"name": "small"}, "minReplicas": low, "maxReplicas": high}}
        if "deployments" in path:
            return {"spec": {"replicas": low, "selector": labels}}
        if path.endswith("/nodes"):
            capacity = {"cpu": "2", "memory": "1048576Ki"}
            return {"items": [{"metadata": {"name": "n"}, "status": {"nodeInfo": NODE_INFO, "capacity": capacity}}]}
        if path.endswith("/pods"):
            return {"items": [pod(number) for number in range(low)]}
        return {"items": []}


def pod(number: int) -> dict[str, Any]:
    resources = {"requests": {"cpu": "100m"}, "limits": {"cpu": "200m"}}
    return {
        "metadata": {"name": f"small-{number}", "creationTimestamp": "2026-11-21T20:15:03Z"},
        "spec": {"containers": [{"resources": resources}]},
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"image": "small", "imageID": "sha256:00"}],
        },
    }


@contextmanager
def small_cluster() -> Iterator[SmallCluster]:
    cluster = SmallCluster()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, body: bytes, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Api(Handler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path.endswith("/proxy/metrics"):
                metrics = f"process_cpu_seconds_total {cluster.cpu}\nprocess_resident_memory_bytes 1.048576e+08\n"
                return self.answer(metrics.encode())
            return self.answer(json.dumps(cluster.objects(path)).encode())

        def do_PATCH(self) -> None:
            spec = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["spec"]
            cluster.bounds.append((spec["minReplicas"], spec["maxReplicas"]))
            self.answer(b"{}")

    class Service(Handler):
        def do_GET(self) -> None:
            self.answer(json.dumps(INFO).encode())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if cluster.waiting >= QUEUE:
                return self.answer(b"{}", 503)
            cluster.waiting += 1
            with cluster.lock:
                time.sleep(SERVICE_SECONDS)
                cluster.cpu += CPU_SECONDS
                cluster.waiting -= 1
            return self.answer(b"{}")

    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as api, ThreadingHTTPServer(("127.0.0.1", 0), Service) as service:
        api.daemon_threads = service.daemon_threads = True
        for server in (api, service):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        cluster.api, cluster.host = (f"http://127.0.0.1:{server.server_port}" for server in (api, service))
        try:
            yield cluster
        finally:
            api.shutdown()
            service.shutdown()

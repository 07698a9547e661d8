"""Prometheus and Alertmanager beside real servers on this machine, with the rules of k8s/monitoring."""

import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import yaml

from tests.monitoring.files import FOLDER, go_program
from tests.monitoring.live import Prometheus
from tests.served import Served, free_port

# The window of drift, how long drift lasts and how often it is computed; and how long saturation lasts.
SHORTER = (("[6h]))", "[1m]))"), ("for: 30m", "for: 15s"), ("interval: 1m", "interval: 5s"), ("for: 2m", "for: 15s"))


@dataclass
class Scene:
    """What runs.

    Attributes:
        alerts: What Alertmanager has sent: status, alert, and its labels.
    """

    prometheus: Prometheus
    alerts: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def firing(self) -> set[tuple[str, str]]:
        """Return the (app, alert) pairs that were ever sent as firing."""
        return {(labels["app"], name) for status, name, labels in self.alerts if status == "firing"}


@contextmanager
def scene(folder: Path, apps: Mapping[str, Served]) -> Iterator[Scene]:
    """Watch servers, each as the only pod of an app.

    Half an hour of drift would be too long for a test, so some times are SHORTER. The others are as they are.
    """
    ports = {name: free_port() for name in ("prometheus", "alertmanager")}
    found = Scene(Prometheus(f"http://127.0.0.1:{ports['prometheus']}"))
    receiver = _receiver(found)
    rules = (FOLDER / "rules.yaml").read_text()
    for longer, shorter in SHORTER:
        rules = rules.replace(longer, shorter)
    (folder / "rules.yaml").write_text(rules)
    (folder / "prometheus.yml").write_text(json.dumps(_prometheus(apps, ports["alertmanager"])))
    (folder / "alertmanager.yml").write_text(json.dumps(_alertmanager(receiver.server_port)))
    with ExitStack() as stack:
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        stack.callback(receiver.server_close)
        stack.callback(receiver.shutdown)
        for name, options in (
            ("alertmanager", [f"--storage.path={folder / 'alerts'}", "--cluster.listen-address="]),
            ("prometheus", [f"--storage.tsdb.path={folder / 'data'}"]),
        ):
            listen = f"--web.listen-address=127.0.0.1:{ports[name]}"
            command = [str(go_program(name)), f"--config.file={folder / name}.yml", listen, *options]
            with (folder / f"{name}.log").open("wb") as log:
                process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        yield found


def _prometheus(apps: Mapping[str, Served], port: int) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    config["global"]["evaluation_interval"] = "5s"
    config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{port}"]
    (job,) = config["scrape_configs"]
    targets = [
        {"targets": [served.url.removeprefix("http://")], "labels": {"app": app, "pod": f"{app}-1"}}
        for app, served in apps.items()
    ]
    return config | {"scrape_configs": [{"job_name": job["job_name"], "static_configs": targets}]}


def _alertmanager(port: int) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((FOLDER / "alertmanager.yml").read_text())
    config["receivers"][0]["webhook_configs"][0]["url"] = f"http://127.0.0.1:{port}/"
    config["route"]["group_wait"] = "1s"
    return config


def _receiver(found: Scene) -> HTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.alerts += [
                (entry["status"], entry["labels"]["alertname"], entry["labels"]) for entry in body["alerts"]
            ]
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    return HTTPServer(("127.0.0.1", 0), Handler)

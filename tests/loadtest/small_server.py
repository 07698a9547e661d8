"""A small real HTTP server that responds as ours does, or misbehaves in the way given on the command line.

    python tests/loadtest/small_server.py [--lie | --contradict | --overdo | --forget | --refuse | --hang-up | …]

It prints its port, and GET /posts returns the number of POST requests so far. It is a process of its own, so that its
threads do not share the tests' interpreter.
"""

import argparse
import io
import itertools
import json
import re
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image

BUNDLES = Path(__file__).parents[2] / "model" / "bundles"
INFO: dict[str, dict[str, Any]] = {
    "breast_model": {"labels": ["B", "M"]},
    **{name: json.loads((BUNDLES / name / "task.json").read_text()) for name in ("digits", "brain_mri")},
}
FILE_START = re.compile(rb"\xff\xd8|\x89PNG")
SECONDS = {"hang": 60, "dawdle": 0.25}
STATUSES = {"refuse": 503, "say-nothing": 204, "say-unchanged": 304, "redirect": 302}
MODES = (
    *(
        "lie",
        "contradict",
        "overdo",
        "forget",
        "hang-up",
        "hang",
        "break-off",
        "garble",
        "tabular",
        "dawdle",
        "no-info",
    ),
    *("name-connections", "busy", *STATUSES),
)
BODYLESS = {204, 304}
REFUSED = 10  # with --busy, one request of that many
PODS = ("pod-a", "pod-b")


class Server(ThreadingHTTPServer):
    request_queue_size = 256  # the default of 5 makes a step of users wait for SYN retransmits


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    mode = "right"
    connections = itertools.count()
    pictures = itertools.count()
    posts = itertools.count()

    def setup(self) -> None:
        super().setup()
        connection = next(self.connections)
        self.pod = f"pod-{connection}" if self.mode == "name-connections" else PODS[connection % len(PODS)]

    def predict(self, row: dict[str, float]) -> dict[str, Any]:
        size = row["area_worst"] + 8000 * row.get("concave_points_mean", 0.05) + 25 * row.get("texture_worst", 25)
        malignant = (size > 1925) != (self.mode == "lie")  # a line between the classes of rows.csv
        prediction = int(malignant != (self.mode == "contradict"))
        probability = 1.5 if self.mode == "overdo" else 0.99
        return {"label": "M" if malignant else "B", "prediction": prediction, "probability": probability}

    def class_of(self, pixels: Any, classes: int) -> int:
        """Derive the class of a picture from its pixels; with --forget it is another one each time."""
        return (int(np.sum(pixels)) + (next(self.pictures) if self.mode == "forget" else 0)) % classes

    def digits(self, images: list[Any]) -> list[int]:
        classes = [self.class_of(pixels, 10) for pixels in images]
        if self.mode == "overdo":
            return [10, *classes[1:]]
        return classes[1:] if self.mode == "contradict" else classes

    def picture(self, model: str, body: bytes) -> dict[str, Any]:
        labels = INFO[model]["labels"]
        start = FILE_START.search(body)  # a form has headers before the file
        file = body[start.start() if start else 0 :]
        found = self.class_of(np.asarray(Image.open(io.BytesIO(file))).astype(int), len(labels))
        return {
            "label": "cat" if self.mode == "lie" else labels[found],
            "prediction": found,
            "probability": 1.0,
            "probabilities": {label: float(label == labels[found]) for label in labels},
            "warnings": [],
        }

    def do_GET(self) -> None:
        if self.path == "/posts":
            return self.send(200, {"posts": next(self.posts)})
        if not self.path.startswith("/info"):
            return self.send(200, {"status": "ok"})
        model = self.path.removeprefix("/info").removeprefix("/") or "breast_model"
        if model not in INFO or self.mode == "no-info" or (self.mode == "tabular" and model != "breast_model"):
            return self.send(404, {"error": "There is no such model."})
        return self.send(200, INFO[model])

    def do_POST(self) -> None:
        body, post = self.rfile.read(int(self.headers["Content-Length"])), next(self.posts)
        time.sleep(SECONDS.get(self.mode, 0))
        if self.mode in {"hang", "hang-up"}:
            self.close_connection = True
        elif self.mode == "busy" and post % REFUSED == 0:
            self.send(503, {"error": "The server is busy: try again in a second."}, {"Retry-After": "1"})
        elif self.mode in STATUSES:
            self.send(STATUSES[self.mode], {"error": "The server is busy: try again in a second."})
        elif self.path == "/predict":
            self.send(200, self.predict(json.loads(body)))
        elif self.path == "/predict/batch":
            self.send(200, {"predictions": [self.predict(row) for row in json.loads(body)["instances"]]})
        elif self.path == "/predict/digits/batch":
            self.send(200, {"y": self.digits(json.loads(body)["x"])})
        else:
            self.send(200, self.picture(self.path.removeprefix("/predict/"), body))

    def send(self, status: int, body: dict[str, Any], headers: Mapping[str, str] = MappingProxyType({})) -> None:
        breaks_off = self.mode == "break-off" and self.command == "POST"
        payload = b"" if status in BODYLESS else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload) + 10 * breaks_off))
        self.close_connection |= breaks_off
        self.send_header("X-Served-By", self.pod)
        if self.close_connection:
            self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        if self.mode == "garble":
            self.send_header("Content-Encoding", "gzip")
        if self.mode == "redirect":
            self.send_header("Location", "/health")
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *args: Any) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser()
    for mode in MODES:
        parser.add_argument(f"--{mode}", dest="mode", action="store_const", const=mode, default="right")
    options = parser.parse_args()
    Handler.mode = options.mode
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

"""Measures batches of handwritten digits next to a FastAPI service that runs the same network."""

from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from loadtest.bench import closed_loop, image_requests
from loadtest.bench.closed_loop import Subject
from loadtest.bench.plan import ONE_CLIENT, Plan
from loadtest.bench.process import running
from loadtest.bench.servers import FASTAPI, OURS, our_server
from loadtest.digits import images


def measure(folder: Path, plan: Plan) -> dict[str, Any]:
    """Measure twice: with the network, and with a stub, which leaves the server's own CPU time."""
    return {
        "digits_batch": image_requests.BATCH,
        "digits": _compare(image_requests.DIGITS, folder, plan),
        "digits_stub": _compare(image_requests.stub_model(folder), folder, plan),
    }


def _compare(bundle: Path, folder: Path, plan: Plan) -> list[dict[str, Any]]:
    batch = image_requests.digit_batch(bundle / "model.onnx", images.shipped().images)
    as_json, as_binary = image_requests.as_json(batch), image_requests.as_v2_binary(batch)
    with ExitStack() as stack:
        fastapi, ours = (
            stack.enter_context(running(command, folder))
            for command in (image_requests.fastapi(bundle), our_server({"digits": bundle}))
        )
        subjects = [
            Subject(FASTAPI.name, "/predict/batch", fastapi, as_json),
            Subject(OURS.name, "/predict/batch", ours, as_json),
            Subject(OURS.name, "V2 binary", ours, as_binary),
        ]
        for subject in subjects:
            subject.process.wait_for(subject.spec)
        return list(map(asdict, closed_loop.alternate(subjects, plan.rounds, plan.seconds, ONE_CLIENT)))

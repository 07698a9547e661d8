"""Cause the faults of a shape while its load runs, and write each to `faults.jsonl`.

The file has a line when a fault begins, with what it was caused to or why it could not be caused, and one when it has
been undone. Times are seconds since the epoch.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from loadtest.cluster.record import API_ERRORS, RAW, decode, reason
from loadtest.faults.agent import agent
from loadtest.faults.fault import Fault
from loadtest.faults.kinds import KINDS, Right
from loadtest.faults.scene import Scene
from loadtest.faults.target import FaultError, Target
from loadtest.format import listed
from loadtest.shapes import Shape

FILE = "faults.jsonl"
POLL_SECONDS = 0.2
ERRORS = (*API_ERRORS, FaultError, subprocess.CalledProcessError)


def check(faults: Sequence[Fault], target: Target) -> None:
    """Refuse what cannot be caused, before the load begins.

    Raises:
        FaultError: A right or a pod is missing.
    """
    wanted = {right: fault.kind for fault in faults for right in KINDS[fault.kind].rights}
    try:
        missing = [(right, kind) for right, kind in wanted.items() if not is_allowed(target, right)]
        target.ready_pod()
    except API_ERRORS as error:
        raise FaultError(f"The cluster did not say what you may do: {reason(error)}.") from error
    if missing:
        rights = listed([f"{right.verb} {right.resource} (for {kind})" for right, kind in missing])
        raise FaultError(f"You may not cause these faults on this cluster. Missing rights: {rights}.")


def is_allowed(target: Target, right: Right) -> bool:
    resource, _, part = right.resource.partition("/")
    namespace = target.namespace if right.namespace is None else right.namespace
    attributes = {"verb": right.verb, "group": right.group, "resource": resource, "subresource": part}
    body = {"spec": {"resourceAttributes": attributes | {"namespace": namespace}}}
    answer = decode(target.authorization.create_self_subject_access_review(body, **RAW))
    return bool(answer["status"]["allowed"])


@contextmanager
def causing(shape: Shape, target: Target, folder: Path) -> Iterator[None]:
    """Cause the shape's faults in a thread while the context lasts; whatever is broken at its end is undone.

    Raises:
        FaultError: The pod that causes faults on a node does not start.
    """
    with ExitStack() as stack:
        on_node = any(KINDS[fault.kind].on_node for fault in shape.faults)
        helper = stack.enter_context(agent(target, shape.duration)) if on_node else None
        file = stack.enter_context((folder / FILE).open("w", encoding="utf-8"))
        stop = threading.Event()

        def write(line: dict[str, Any]) -> None:
            file.write(json.dumps(line) + "\n")
            file.flush()

        def run() -> None:
            start = wait_for_start(folder / "load.jsonl", stop)
            for number, fault in enumerate(shape.faults):
                if stop.wait(max(0, start + fault.t - time.time())):
                    return
                for line in cause(Scene(target, fault, helper), stop):
                    write({"fault": number, **line})

        thread = threading.Thread(target=run, name="faults")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def wait_for_start(load: Path, stop: threading.Event) -> float:
    """Return when the load began, in seconds since the epoch, once it has."""
    while not stop.wait(POLL_SECONDS):
        if load.exists() and (head := load.read_text(encoding="utf-8").partition("\n")[0]):
            start: float = json.loads(head)["start"]
            return start
    return 0.0


def cause(scene: Scene, stop: threading.Event) -> Iterator[dict[str, Any]]:
    """Cause a fault and undo it; yield what happened, and when."""
    fault, kind, began = scene.fault, KINDS[scene.fault.kind], time.time()
    caused = False
    try:
        with kind.cause(scene) as what:
            caused = True
            yield {"t": began, "about": kind.about, "what": what, "lossy": kind.lossy}
            stop.wait(fault.seconds)
        yield {"ended": time.time()}
    except ERRORS as error:
        problem = str(error) if isinstance(error, FaultError) else reason(error)
        if caused:
            print(f"The fault {fault.kind} could not be undone: {problem}", file=sys.stderr)
        yield {"t": began, "error": problem}

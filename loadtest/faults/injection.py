"""Inject the faults of a shape while its load runs, and write each to `faults.jsonl`.

The file has a line when a fault begins, with its target, or with why it could not be injected, and one when it has been
undone. Times are seconds since the epoch.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from loadtest.cluster.record import API_ERRORS, decode, reason
from loadtest.faults.agent import agent
from loadtest.faults.context import FaultContext
from loadtest.faults.fault import Fault
from loadtest.faults.kinds import KINDS, Right
from loadtest.faults.target import READ, FaultError, Target
from loadtest.format import listed
from loadtest.shapes import Shape

FILE = "faults.jsonl"
POLL_SECONDS = 0.2
AGENT_SECONDS = 5  # before a fault, in which the agent that it needs starts
TOO_LATE = "The load had ended before the fault was due."

Write = Callable[[dict[str, Any]], None]


def check(faults: Sequence[Fault], target: Target) -> None:
    """Refuse what cannot be injected, before the load begins.

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
        raise FaultError(f"You may not inject these faults into this cluster. Missing rights: {rights}.")


def is_allowed(target: Target, right: Right) -> bool:
    resource, _, part = right.resource.partition("/")
    namespace = target.namespace if right.namespace is None else right.namespace
    attributes = {"verb": right.verb, "group": right.group, "resource": resource, "subresource": part}
    body = {"spec": {"resourceAttributes": attributes | {"namespace": namespace}}}
    answer = decode(target.authorization.create_self_subject_access_review(body, **READ))
    return bool(answer["status"]["allowed"])


@contextmanager
def injecting(shape: Shape, target: Target, folder: Path) -> Iterator[None]:
    """Inject the shape's faults in a thread while the context lasts; whatever is broken at its end is undone."""
    stop = threading.Event()
    with (folder / FILE).open("w", encoding="utf-8") as file:

        def run() -> None:
            start = wait_for_start(folder / "load.jsonl", stop)
            for number, fault in enumerate(shape.faults):

                def write(line: dict[str, Any], number: int = number) -> None:
                    file.write(json.dumps({"fault": number, **line}) + "\n")
                    file.flush()

                inject(target, fault, start + fault.t, write, stop)

        thread = threading.Thread(target=run, name="faults")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            while thread.is_alive():
                with suppress(KeyboardInterrupt):  # what is broken is mended first
                    thread.join()


def wait_for_start(load: Path, stop: threading.Event) -> float:
    """Return when the load began, in seconds since the epoch, once it has."""
    while not stop.wait(POLL_SECONDS):
        if load.exists() and (head := load.read_text(encoding="utf-8").partition("\n")[0]):
            start: float = json.loads(head)["start"]
            return start
    return time.time()


def inject(target: Target, fault: Fault, due: float, write: Write, stop: threading.Event) -> None:
    """Inject a fault when it is due, undo it, and write what happened and when."""
    kind, injected = KINDS[fault.kind], False
    if stop.wait(max(0, due - time.time() - AGENT_SECONDS * kind.on_node)):
        if time.time() > due:
            write({"t": due, "error": TOO_LATE})
        return
    began = due
    try:
        with agent(target, fault.seconds) if kind.on_node else nullcontext() as helper:
            stop.wait(max(0, due - time.time()))
            if stop.is_set():
                return
            began = time.time()
            with kind.inject(FaultContext(target, fault, helper)) as what:
                injected = True
                write({"t": began, "about": kind.about, "what": what, "lossy": kind.lossy})
                stop.wait(fault.seconds)
            write({"ended": time.time()})
    except Exception as error:  # whatever goes wrong with a fault stands in its row, and the load goes on
        problem = str(error) if isinstance(error, FaultError) else reason(error)
        if injected:
            print(f"The fault {fault.kind} could not be undone: {problem}", file=sys.stderr)
        write({"t": began, "error": problem})

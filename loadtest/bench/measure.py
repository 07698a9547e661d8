"""All that is measured, in one run."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loadtest.bench import cold, facts, interference, models, pictures, request_spec, rounds
from loadtest.bench.models import Model
from loadtest.bench.overload import overload
from loadtest.bench.process import Process, running
from loadtest.bench.request_spec import Ask
from loadtest.bench.servers import CONSTANT, FASTAPI, KSERVE, OURS, UNOBSERVED, WITH_PICTURES, Server, ours
from model.train import datasets

COMPARED = (FASTAPI, KSERVE, OURS)
ONE_CALLER, MANY_CALLERS, BATCH_CALLERS = 1, 32, 4
"""Connections: who waits for each answer; enough to keep any server busy; and a few with a lot to ask."""
SCAN_CLIENTS = 4
FINER = 4
"""Times as many rounds, of a second, where a difference of a few percent is looked for."""
BATCH_ROWS, BIG_BATCH_ROWS = 1_000, 10_000

Started = Sequence[tuple[Server, Process]]


@dataclass(frozen=True)
class Plan:
    rounds: int
    seconds: int
    cold_starts: int
    overload_seconds: int
    times_capacity: tuple[int, ...]


FULL = Plan(rounds=5, seconds=2, cold_starts=5, overload_seconds=4, times_capacity=(1, 5, 10))
QUICK = Plan(rounds=1, seconds=1, cold_starts=1, overload_seconds=1, times_capacity=(5,))


@dataclass(frozen=True)
class Measurement:
    """One run, with what it needs in a folder of its own."""

    plan: Plan
    folder: Path

    def run(self) -> dict[str, Any]:
        """The figures by section, ready for JSON. Raises WrongAnswer where a server is not right."""
        say("Training the models")
        logistic, forest = models.logistic(self.folder), models.forest(self.folder)
        report: dict[str, Any] = {"machine": facts.machine(), "plan": asdict(self.plan), "batch_rows": BATCH_ROWS}
        with self.started((*COMPARED, CONSTANT), logistic) as started:
            say("One row, logistic regression")
            report["one_caller"] = self.one_row(started, logistic, ONE_CALLER)
            report["many_callers"] = self.one_row(started, logistic, MANY_CALLERS)
            say(f"Batches of {BATCH_ROWS:,} rows")
            report["batches"] = self.batches(started, logistic)
            report["after_load"] = memory(started)
            say("One row and probes beside batches")
            report["beside"] = self.beside(started, logistic)
        with self.started(COMPARED, forest) as started:
            say("One row, random forest")
            report["forest"] = self.one_row(started, forest, MANY_CALLERS)
        say(f"Batches of {pictures.BATCH} handwritten digits")
        report["pictures"] = self.pictures()
        say("One row and probes beside brain scans")
        with self.started((WITH_PICTURES,), logistic) as started:
            report["beside"] += self.beside_scans(started, logistic)
            report["after_load"] += memory(started)
        say("Cold starts")
        servers = (*COMPARED, WITH_PICTURES, CONSTANT)
        report["cold"] = listed(cold.starts(servers, logistic, self.plan.cold_starts, self.folder))
        say("Metrics and log")
        report["observing"] = self.observing(logistic)
        say("Overload")
        report["overload"] = self.overload(forest)
        return report

    @contextmanager
    def started(self, servers: Sequence[Server], model: Model) -> Iterator[Started]:
        with ExitStack() as stack:
            started = []
            for server in servers:
                process = stack.enter_context(running(server.start(model), self.folder))
                process.wait_for(server.first(model.sample(1)))
                started.append((server, process))
            yield started

    def one_row(self, started: Started, model: Model, connections: int) -> list[dict[str, Any]]:
        subjects = [
            rounds.Subject(server.name, protocol, process, ask(model.sample(1)))
            for server, process in started
            for protocol, ask in server.one_row.items()
        ]
        return listed(rounds.alternate(subjects, self.plan.rounds, self.plan.seconds, connections))

    def batches(self, started: Started, model: Model) -> list[dict[str, Any]]:
        subjects = [
            rounds.Subject(server.name, protocol, process, ask(model.sample(BATCH_ROWS)))
            for server, process in started
            for protocol, ask in server.batch.items()
        ]
        return listed(rounds.alternate(subjects, self.plan.rounds, self.plan.seconds, BATCH_CALLERS))

    def observing(self, model: Model) -> list[dict[str, Any]]:
        with self.started((OURS, UNOBSERVED), model) as started:
            subjects = [
                rounds.Subject(server.name, "/predict", process, request_spec.plain(model.sample(1)))
                for server, process in started
            ]
            return listed(rounds.alternate(subjects, FINER * self.plan.rounds, 1, MANY_CALLERS))

    def beside(self, started: Started, model: Model) -> list[dict[str, Any]]:
        scenes = [scene for server, process in started if server.batch for scene in scenes_of(server, process, model)]
        return listed(interference.alternate(scenes, self.plan.rounds, self.plan.seconds))

    def beside_scans(self, started: Started, model: Model) -> list[dict[str, Any]]:
        scenes = [
            interference.Scene(
                server.name,
                process,
                server.first(model.sample(1)),
                request_spec.get(server.probe),
                words,
                scan,
                clients,
            )
            for server, process in started
            for words, scan, clients in (
                ("nothing", None, 0),
                (f"brain scans from {SCAN_CLIENTS} clients", pictures.scan(), SCAN_CLIENTS),
            )
        ]
        return listed(interference.alternate(scenes, self.plan.rounds, self.plan.seconds))

    def pictures(self) -> dict[str, Any]:
        """beside: the same with a network that does next to nothing, so that what is left is the server's."""
        return {
            "batch": pictures.BATCH,
            "servers": self.digits(pictures.DIGITS),
            "beside": self.digits(pictures.hollow(self.folder)),
        }

    def digits(self, bundle: Path) -> list[dict[str, Any]]:
        batch = pictures.batch(bundle / "model.onnx", datasets.mnist().test_images)
        with ExitStack() as stack:
            plain, served = (
                stack.enter_context(running(start, self.folder))
                for start in (pictures.fastapi(bundle), ours({"digits": bundle}))
            )
            subjects = [
                rounds.Subject(FASTAPI.name, "/predict/batch", plain, pictures.as_json(batch)),
                rounds.Subject(OURS.name, "/predict/batch", served, pictures.as_json(batch)),
                rounds.Subject(OURS.name, "V2 binary", served, pictures.as_v2_binary(batch)),
            ]
            for subject in subjects:
                subject.process.wait_for(subject.ask)
            return listed(rounds.alternate(subjects, self.plan.rounds, self.plan.seconds, ONE_CALLER))

    def overload(self, forest: Model) -> list[dict[str, Any]]:
        """The forest is slow for the pipeline; its graph is not, so ours gets a graph that is."""
        slow = replace(forest, bundle=models.slow(self.folder), rows=[{"x": models.SLOW_X}], classes=[models.SLOW_X])
        return [
            asdict(overload(server, model, times, self.plan.overload_seconds, self.folder))
            for server, model in ((FASTAPI, forest), (KSERVE, forest), (OURS, slow))
            for times in self.plan.times_capacity
        ]


def scenes_of(server: Server, process: Process, model: Model) -> Iterator[interference.Scene]:
    """FastAPI has neither V1 nor a binary form: it gets its own form of the former, and nothing of the latter."""
    row = server.first(model.sample(1))

    def scene(beside_it: str, batch: Ask | None) -> interference.Scene:
        return interference.Scene(server.name, process, row, request_spec.get(server.probe), beside_it, batch)

    in_json = server.batch.get("V1", request_spec.batch)
    yield scene("nothing", None)
    yield scene(f"{BIG_BATCH_ROWS:,} rows in JSON", in_json(model.sample(BIG_BATCH_ROWS)))
    if "V2 binary" in server.batch:
        yield scene(f"{BATCH_ROWS:,} rows in binary", request_spec.v2_binary(model.sample(BATCH_ROWS)))


def memory(started: Started) -> list[dict[str, Any]]:
    return [{"server": server.name, "mib": process.resident_mib()} for server, process in started]


def listed(measured: Sequence[Any]) -> list[dict[str, Any]]:
    return list(map(asdict, measured))


def say(what: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S}  {what}", flush=True)

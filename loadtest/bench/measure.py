"""The comparison: which servers are measured in which way, table by table."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from loadtest.bench import (
    closed_loop,
    digits,
    environment,
    grpc_load,
    image_requests,
    interference,
    loop_lag,
    overload,
    request_spec,
    servers,
    sklearn_pipelines,
    tables,
    tabular_models,
)
from loadtest.bench.closed_loop import Subject
from loadtest.bench.plan import BATCH_CLIENTS, BATCH_ROWS, MANY_CLIENTS, ONE_CLIENT, Plan
from loadtest.bench.request_spec import LabelledRows
from loadtest.bench.results import Results
from loadtest.bench.servers import (
    COMPARED,
    CONSTANT,
    IN_A_POD,
    KSERVE,
    OURS,
    UNOBSERVED,
    WITH_GRPC,
    WITH_IMAGES,
    Fleet,
    Protocols,
    Server,
)
from loadtest.bench.tabular_models import Model
from loadtest.digits import images

OBSERVABILITY_ROUNDS = 4  # times as many rounds, of a second, where a difference of a few percent is looked for

Section = list[dict[str, Any]]


def problems() -> list[str]:
    """Return what keeps the comparison from running here."""
    return environment.problems(
        bundles=(image_requests.DIGITS, image_requests.BRAIN_MRI), files=(image_requests.SCAN, images.FILE)
    )


@dataclass
class Measurement:
    """One run of the comparison.

    Attributes:
        plan: how long to measure.
        folder: for models, bundles and logs.
        after_load: MiB of memory by server, after the tables that put load on it.
    """

    plan: Plan
    folder: Path
    after_load: dict[str, float] = field(default_factory=dict)

    @cached_property
    def logistic(self) -> Model:
        return tabular_models.logistic(self.folder)

    @cached_property
    def forest(self) -> Model:
        return tabular_models.forest(self.folder)

    def run(self, output: Path) -> Results:
        """Make every table, each written to the output folder as soon as it is measured."""
        results = Results(
            output, {"machine": environment.describe(), "plan": asdict(self.plan), "batch_rows": BATCH_ROWS}
        )
        with (
            closing(self.fleet(*COMPARED, CONSTANT)) as compared,
            closing(self.fleet(WITH_IMAGES)) as with_images,
        ):
            results.add(tables.ONE_ROW, lambda: self.one_row(compared))
            results.add(tables.BATCHES, lambda: self.batches(compared))
            results.add(tables.INTERFERENCE, lambda: self.interference(compared, with_images))
        results.add(tables.FOREST, self.one_row_forest)
        results.add(tables.SKLEARN, self.sklearn)
        results.add(tables.GRPC, self.grpc)
        results.add(tables.DIGITS, self.digits)
        results.add(tables.COLD_START, self.cold_start)
        results.add(tables.OBSERVABILITY, self.observability)
        results.add(tables.LOOP_LAG, self.loop_lag)
        results.add(tables.OVERLOAD, self.overload)
        return results

    def fleet(self, *compared: Server) -> Fleet:
        return Fleet(compared, lambda: self.logistic, self.folder)

    def one_row(self, fleet: Fleet) -> dict[str, Section]:
        subjects = subjects_of(fleet, self.logistic.sample(1), lambda server: server.one_row)
        return {
            "one_client": self.alternate(subjects, ONE_CLIENT),
            "many_clients": self.alternate(subjects, MANY_CLIENTS),
        }

    def one_row_forest(self) -> dict[str, Section]:
        with closing(Fleet(COMPARED, lambda: self.forest, self.folder)) as fleet:
            subjects = subjects_of(fleet, self.forest.sample(1), lambda server: server.one_row)
            return {"forest": self.alternate(subjects, MANY_CLIENTS)}

    def sklearn(self) -> dict[str, Section]:
        return sklearn_pipelines.measure(self.folder, self.plan)

    def grpc(self) -> dict[str, Section]:
        spec = grpc_load.infer(self.logistic.sample(1))
        with closing(self.fleet(KSERVE, WITH_GRPC)) as fleet:
            subjects = [
                Subject(server.name, "gRPC", replace(process, port=process.grpc_port), spec)
                for server, process in fleet.started()
            ]
            return {"grpc": self.alternate(subjects, MANY_CLIENTS)}

    def batches(self, fleet: Fleet) -> dict[str, Section]:
        subjects = subjects_of(fleet, self.logistic.sample(BATCH_ROWS), lambda server: server.batch)
        measured = self.alternate(subjects, BATCH_CLIENTS)
        self.note_memory(fleet)
        return {"batches": measured}

    def interference(self, compared: Fleet, with_images: Fleet) -> dict[str, Section]:
        scenarios = [
            scenario
            for server, process in compared.started()
            if server.batch
            for scenario in interference.with_batches(server, process, self.logistic)
        ]
        measured = interference.alternate(scenarios, self.plan.rounds, self.plan.seconds)
        ((server, process),) = with_images.started()
        scenarios = list(interference.with_scans(server, process, self.logistic))
        measured += interference.alternate(scenarios, self.plan.rounds, self.plan.seconds)
        self.note_memory(with_images)
        return {"interference": to_dicts(measured)}

    def digits(self) -> dict[str, Any]:
        return digits.measure(self.folder, self.plan)

    def cold_start(self) -> dict[str, Section]:
        compared = (*COMPARED, WITH_IMAGES, CONSTANT)
        measured = to_dicts(servers.cold_starts(compared, self.logistic, self.plan.cold_starts, self.folder))
        return {"cold_start": [{**row, "after_load_mib": self.after_load.get(row["server"])} for row in measured]}

    def observability(self) -> dict[str, Section]:
        with closing(self.fleet(OURS, UNOBSERVED)) as fleet:
            subjects = [
                Subject(server.name, "/predict", process, request_spec.predict(self.logistic.sample(1)))
                for server, process in fleet.started()
            ]
            rounds = OBSERVABILITY_ROUNDS * self.plan.rounds
            return {"observability": to_dicts(closed_loop.alternate(subjects, rounds, 1, MANY_CLIENTS))}

    def loop_lag(self) -> dict[str, Section]:
        spec = request_spec.predict(self.logistic.sample(1))
        with closing(self.fleet(IN_A_POD)) as fleet:
            ((server, process),) = fleet.started()
            return {"loop_lag": to_dicts(list(loop_lag.measure(server.name, process, spec, self.plan.lag_seconds)))}

    def overload(self) -> dict[str, Section]:
        return {"overload": to_dicts(list(overload.measure(self.plan, self.folder)))}

    def alternate(self, subjects: Sequence[Subject], connections: int) -> Section:
        return to_dicts(closed_loop.alternate(subjects, self.plan.rounds, self.plan.seconds, connections))

    def note_memory(self, fleet: Fleet) -> None:
        self.after_load |= {server.name: process.resident_mib() for server, process in fleet.started()}


def subjects_of(fleet: Fleet, rows: LabelledRows, protocols: Callable[[Server], Protocols]) -> list[Subject]:
    return [
        Subject(server.name, protocol, process, spec_for(rows))
        for server, process in fleet.started()
        for protocol, spec_for in protocols(server).items()
    ]


def to_dicts(measured: Sequence[Any]) -> Section:
    return list(map(asdict, measured))

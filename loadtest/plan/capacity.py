"""What one pod can do, as `capacity.json` holds it: measured by `plan measure`, or read from a recorded run."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from loadtest.plan.queue import PodModel

SATURATED = 0.95  # answered / offered, below which a pod is saturated


@dataclass(frozen=True)
class Step:
    """One step of the staircase: what was offered and what came back, in requests per second and milliseconds.

    Attributes:
        late_ms: How late the generator sent its requests, at the 99th percentile.
    """

    offered: float
    answered: float
    refused: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_millicores: float
    late_ms: float


@dataclass(frozen=True)
class Capacity:
    """What was measured.

    Attributes:
        digest: The digest of the model's bundle.
        limit: CPU limit in millicores.
        rest: CPU at rest in millicores.
        cost_ms: CPU time of a request.
        cost_cv2: Squared coefficient of variation of the service time.
        idle_ms: Quantiles of the latency of a pod without a queue, evenly spaced.
        objective_ms: The p99 that the rates below refer to.
        rate_within_objective: The highest rate per second whose p99 kept it.
        queue_begins: The rate per second above which the p99 doubles; None if it never did.
        highest_rate: The most that the pod answered per second.
        start_s: From asking for a pod to its being ready.
        stop_s: From asking for its end to its being gone.
        memory_mib: The most memory in use.
    """

    model: str
    digest: str
    image: str
    limit: int
    request: int
    rest: float
    cost_ms: float
    cost_cv2: float
    idle_ms: tuple[float, ...]
    objective_ms: float
    rate_within_objective: float
    queue_begins: float | None
    highest_rate: float
    start_s: float
    stop_s: float
    memory_mib: float
    machine: dict[str, Any]
    steps: tuple[Step, ...]

    @property
    def saturated_rate(self) -> float:
        """What the pod answers per second if more is offered: the median of the steps above any that it kept up with.

        The highest of them is one in which it also answered what had waited, or had luck.
        """
        kept_up = max((step.offered for step in self.steps if step.answered >= SATURATED * step.offered), default=0.0)
        beyond = [step.answered for step in self.steps if step.offered > kept_up]
        return median(beyond) if beyond else self.highest_rate

    @property
    def pod(self) -> PodModel:
        most = self.saturated_rate
        points = [(0.0, self.rest)]
        for step in self.steps:
            (rate, cpu) = points[-1]
            if rate < step.answered < most and cpu < step.cpu_millicores < self.limit:
                points.append((step.answered, step.cpu_millicores))
        return PodModel((*points, (most, float(self.limit))), self.cost_cv2, self.idle_ms, self.limit)


def read(path: Path) -> Capacity:
    """Read a `capacity.json`.

    Raises:
        ValueError: It is none, or of another form.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        steps = tuple(Step(**step) for step in content.pop("steps"))
        return Capacity(**{**content, "idle_ms": tuple(content["idle_ms"]), "steps": steps})
    except FileNotFoundError as error:
        raise ValueError(
            f"There is no {path}. Measure a pod first: python -m loadtest plan measure --host URL"
        ) from error
    except (TypeError, KeyError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not what this version of plan measure writes ({error}). Measure again.") from error


def write(capacity: Capacity, path: Path) -> None:
    path.write_text(json.dumps(asdict(capacity), indent=2) + "\n", encoding="utf-8")

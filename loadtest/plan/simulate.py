"""Simulate an autoscaler and its pods under a traffic, from one event to the next.

metrics-server takes the CPU of the pods every 15 s, and the autoscaler looks at it every 15 s. How the two fall
relative to the load is chance, so a prediction is many simulations, each with its own phases.
"""

import heapq
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from loadtest.plan.autoscaler import SYNC_SECONDS, Autoscaler, Settings
from loadtest.plan.queue import PodModel
from loadtest.plan.replica_count import PodGroup
from loadtest.traffic.table import Piece

SCRAPE_SECONDS = 15.0
FRESH_SECONDS = 10.0  # age at which metrics-server first knows a pod
SETTLED_SECONDS = 400.0  # age from which pods no longer differ for the autoscaler
LONG_AGO = -3600.0

Event = Callable[[], None]


@dataclass(frozen=True)
class Deployment:
    """What a plan is about.

    Attributes:
        settings: The autoscaler's.
        pod: The model of one pod.
        request: Its CPU request in millicores.
        start: Seconds from a decision to its pods being ready.
        stop: Seconds from a decision to its pods being gone.
    """

    settings: Settings
    pod: PodModel
    request: int
    start: float
    stop: float


@dataclass(slots=True)
class Cohort:
    """Pods that were started together; those older than the simulation started LONG_AGO."""

    count: int
    started: float
    ready: float
    usage: int | None = None
    sampled: float = LONG_AGO
    window: float = SCRAPE_SECONDS


@dataclass
class History:
    """What one simulation did: (time, number) of each change."""

    desired: list[tuple[float, int]] = field(default_factory=list)
    ready: list[tuple[float, int]] = field(default_factory=list)
    pods: list[tuple[float, int]] = field(default_factory=list)
    millicore_seconds: float = 0.0


def simulate(deployment: Deployment, pieces: Sequence[Piece], seed: int) -> History:
    """Run one simulation with phases that `seed` chooses, beginning at the minimum of pods."""
    return _Simulation(deployment, pieces, random.Random(seed)).run()  # noqa: S311


class _Simulation:
    def __init__(self, deployment: Deployment, pieces: Sequence[Piece], chance: random.Random) -> None:
        self.deployment = deployment
        self.pieces = pieces
        self.piece = 0
        self.chance = chance
        self.now = pieces[0].start
        self.end = pieces[-1].end
        minimum = deployment.settings.minimum
        self.autoscaler = Autoscaler(deployment.settings)
        self.desired = minimum
        self.cohorts = [Cohort(minimum, LONG_AGO, LONG_AGO)]
        self.used = 0.0  # millicore seconds of each ready pod since the beginning
        self.taken = (self.now, 0.0)  # time and `used` of metrics-server's last sample
        self.history = History([(self.now, minimum)], [(self.now, minimum)], [(self.now, minimum)])

    def run(self) -> History:
        for at, event in self._events():
            self._advance(at)
            event()
        self._advance(self.end)
        return self.history

    def _events(self) -> Iterator[tuple[float, Event]]:
        """Yield every event until the end, in order."""
        self.queue: list[tuple[float, int, Event]] = []
        self.numbers = 0
        self._at(self.now + self.chance.uniform(0, SCRAPE_SECONDS), self._scrape)
        self._at(self.now + self.chance.uniform(0, SYNC_SECONDS), self._sync)
        while self.queue and self.queue[0][0] < self.end:
            at, _, event = heapq.heappop(self.queue)
            yield at, event

    def _at(self, at: float, event: Event) -> None:
        self.numbers += 1
        heapq.heappush(self.queue, (at, self.numbers, event))

    def _ready(self) -> int:
        return sum(cohort.count for cohort in self.cohorts if cohort.ready <= self.now)

    def _advance(self, until: float) -> None:
        """Let the pods serve until then."""
        ready, pod = max(1, self._ready()), self.deployment.pod
        while self.now < until:
            piece = self.pieces[self.piece]
            step = min(piece.end, until) - self.now
            cpu = pod.cpu(piece.rate / ready)
            self.used += cpu * step
            self.history.millicore_seconds += cpu * step * ready
            self.now += step
            if self.now >= piece.end and self.piece + 1 < len(self.pieces):
                self.piece += 1

    def _scrape(self) -> None:
        self._at(self.now + SCRAPE_SECONDS, self._scrape)
        before, used_before = self.taken
        self.taken = at, used = self.now, self.used
        if at <= before:
            return
        usage = round((used - used_before) / (at - before))
        for cohort in self.cohorts:
            if at - cohort.started >= FRESH_SECONDS:
                cohort.usage, cohort.sampled, cohort.window = usage, at, at - before
        while len(self.cohorts) > 1 and self.cohorts[1].started < at - SETTLED_SECONDS:
            self.cohorts[0].count += self.cohorts.pop(1).count

    def _sync(self) -> None:
        self._at(self.now + SYNC_SECONDS, self._sync)
        desired = self.autoscaler.sync(self.now, self.desired, [self._seen(cohort) for cohort in self.cohorts])
        if desired == self.desired:
            return
        if desired > self.desired:
            self._start(desired - self.desired)
        else:
            self._stop(self.desired - desired)
        self.desired = desired
        self.history.desired.append((self.now, desired))

    def _seen(self, cohort: Cohort) -> PodGroup:
        ready = cohort.ready <= self.now
        return PodGroup(
            request=self.deployment.request,
            usage=cohort.usage,
            sampled=cohort.sampled,
            window=cohort.window,
            started=cohort.started,
            changed=cohort.ready if ready else cohort.started,
            ready=ready,
            count=cohort.count,
        )

    def _start(self, count: int) -> None:
        self.cohorts.append(Cohort(count, self.now, self.now + self.deployment.start))
        self._count_pods(count)
        self._at(self.now + self.deployment.start, self._count_ready)

    def _stop(self, count: int) -> None:
        """Stop the youngest pods, as a ReplicaSet does."""
        self._at(self.now + self.deployment.stop, partial(self._count_pods, -count))
        while count:
            gone = min(count, self.cohorts[-1].count)
            self.cohorts[-1].count -= gone
            count -= gone
            if not self.cohorts[-1].count:
                self.cohorts.pop()
        self._count_ready()

    def _count_pods(self, change: int) -> None:
        self.history.pods.append((self.now, self.history.pods[-1][1] + change))

    def _count_ready(self) -> None:
        self.history.ready.append((self.now, self._ready()))

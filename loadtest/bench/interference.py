"""How long one row and a probe take while another client sends big batches without pause."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from time import sleep

from loadtest.bench import wrk
from loadtest.bench.open_loop import Offer, offer, p99_ms
from loadtest.bench.process import Process
from loadtest.bench.request_spec import OK, Ask

ROWS_PER_SECOND, PROBES_PER_SECOND = 100, 50
PATIENCE = 10.0
HEAD_START = 0.5
"""Seconds of batches before the first row is asked."""


@dataclass(frozen=True)
class Scene:
    """A server, the row and the probe that it is asked, and the batches beside them, if any, with their name.

    clients: how many send batches, each on a connection of its own.
    """

    server: str
    process: Process
    row: Ask
    probe: bytes
    beside: str
    batch: Ask | None
    clients: int = 1


@dataclass(frozen=True)
class Seen:
    """Medians of the rounds; failed: answers other than right ones, in all of them."""

    server: str
    beside: str
    row_p99_ms: float
    probe_p99_ms: float
    batch_rows_per_second: float
    failed: int


def alternate(scenes: Sequence[Scene], rounds: int, seconds: int) -> list[Seen]:
    made: list[list[Seen]] = [[] for _ in scenes]
    for _ in range(rounds):
        for scene, its_rounds in zip(scenes, made, strict=True):
            its_rounds.append(one_round(scene, seconds))
            scene.process.forget_log()
    return [_summed_up(its_rounds) for its_rounds in made]


def one_round(scene: Scene, seconds: int) -> Seen:
    port = scene.process.port
    right = scene.row.check(port)
    offers = [Offer(scene.row.http(), ROWS_PER_SECOND, PATIENCE), Offer(scene.probe, PROBES_PER_SECOND, PATIENCE)]
    with ThreadPoolExecutor(1) as another:
        batches = another.submit(_batches, scene, seconds + 1)
        sleep(HEAD_START)
        rows, probes = offer(port, offers, seconds)
        batch_rows_per_second, failed = batches.result()
    failed += sum(row.body != right for row in rows) + sum(one.status != OK for one in probes)
    return Seen(scene.server, scene.beside, p99_ms(rows), p99_ms(probes), batch_rows_per_second, failed)


def _batches(scene: Scene, seconds: int) -> tuple[float, int]:
    """Rows a second, and requests that failed."""
    if scene.batch is None:
        return 0.0, 0
    scene.batch.check(scene.process.port)
    load = wrk.load(scene.process.port, scene.batch.http(), seconds, scene.clients)
    return load.rate * len(scene.batch.right), load.failed


def _summed_up(rounds: Sequence[Seen]) -> Seen:
    return Seen(
        rounds[0].server,
        rounds[0].beside,
        median(one.row_p99_ms for one in rounds),
        median(one.probe_p99_ms for one in rounds),
        median(one.batch_rows_per_second for one in rounds),
        sum(one.failed for one in rounds),
    )

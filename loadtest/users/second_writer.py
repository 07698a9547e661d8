# mypy: allow-untyped-calls, allow-untyped-decorators
# Locust leaves its event hooks unannotated.
"""Record each second of a load. Locust's own figures are averages over ten seconds.

In Locust's distributed mode each worker sends its seconds to the master. The master has no users but seconds of its
own, in which its CPU time and its lateness are seen.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gevent
from locust import User, events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from loadtest.users.load_second import LoadSecond, busy_since, cpu_ticks
from loadtest.users.schedule import LATE_MS
from loadtest.users.seconds_file import SecondsFile
from loadtest.users.workers import SECOND, ConnectedWorkers, present

HERE = "here"  # the process that writes the file


@events.init_command_line_parser.add_listener
def add_arguments(parser: LocustArgumentParser) -> None:
    parser.add_argument("--seconds-to", help="file to write one JSON line per second to", default="load.jsonl")


def requests_per_user(users: Sequence[type[User]]) -> float | None:
    """Return the requests per second of one user, averaged by weight; None if some users have no pace."""
    rates = [getattr(user, "requests_per_second", None) for user in users]
    known = [(rate, user.weight) for rate, user in zip(rates, users, strict=True) if rate is not None]
    if not known or len(known) < len(rates):
        return None
    return float(sum(rate * weight for rate, weight in known) / sum(weight for _, weight in known))


class SecondWriter:
    """Counts each request of this process in the second in which it ended, and sends on the second when it is over."""

    def __init__(self, environment: Environment, send: Callable[[dict[str, Any]], None]) -> None:
        self.environment = environment
        self.open = bool(getattr(environment.parsed_options, "open", None))
        self.send = send
        self.second = LoadSecond(int(time.time()))
        self.cpu = time.process_time()
        self.ticks = cpu_ticks()

    def on_request(
        self, response_time: float, response: Any, exception: Any, context: Mapping[str, float], **_: Any
    ) -> None:
        self.finish_seconds(time.time())
        self.second.users = self.users
        self.second.refused += int(context.get("refused", 0))
        self.second.sent_late += self.open and context.get("late_ms", 0) > LATE_MS
        status = getattr(response, "status_code", 0)
        if not status:
            return self.second.count_lost(f"no answer: {type(exception).__name__}")
        pod = response.headers.get("X-Served-By", "") if response.headers else ""
        if exception is None:
            return self.second.count_correct(response_time, pod, context["sending_ms"] if self.open else None)
        return self.second.count_failed(str(exception), pod)

    def finish_seconds(self, now: float) -> None:
        """Send every second that is over at `now`, including those in which nothing ended."""
        while self.second.t < int(now):
            cpu = time.process_time()
            self.second.generator_cpu, self.cpu = round(cpu - self.cpu, 3), cpu
            self.second.machine_busy, self.ticks = busy_since(self.ticks)
            self.send(self.second.to_dict())
            self.second = LoadSecond(self.second.t + 1, users=self.users)

    @property
    def users(self) -> int:
        runner = self.environment.runner
        # A master has none of its own, and counts those of its workers.
        return 0 if runner is None or isinstance(runner, MasterRunner) else runner.user_count

    def tick(self) -> None:
        """Send the seconds in which no request ends, and record how late this loop wakes."""
        while True:
            due = int(time.time()) + 1
            gevent.sleep(due - time.time())
            self.record_wake(due, time.time())

    def record_wake(self, due: float, now: float) -> None:
        # A request may have ended the last second already: a late wake-up then counts in this one.
        self.second.late_ms = max(self.second.late_ms, round((now - due) * 1000, 1))
        self.finish_seconds(now)

    def close(self) -> None:
        """Send the last second, which is not over, and say that it is the last one."""
        self.finish_seconds(self.second.t + 1)
        self.send({})


@events.test_start.add_listener
def begin(environment: Environment, **_: Any) -> None:
    runner, options = environment.runner, environment.parsed_options
    if runner is None or options is None:
        return
    workers = None
    if isinstance(runner, WorkerRunner):
        send = partial(runner.send_message, SECOND)
    else:
        processes = {HERE} | (present(runner) if isinstance(runner, MasterRunner) else set())
        file = SecondsFile(Path(options.seconds_to), processes, requests_per_user(environment.user_classes))
        send = partial(file.receive, HERE)
        if isinstance(runner, MasterRunner):
            workers = ConnectedWorkers(environment, runner, file)
    writer = SecondWriter(environment, send)
    environment.events.request.add_listener(writer.on_request)
    ticker = gevent.spawn(writer.tick)

    def end(**_: Any) -> None:
        if workers is not None:
            workers.finish()
        ticker.kill()
        environment.events.request.remove_listener(writer.on_request)
        environment.events.test_stop.remove_listener(end)
        writer.close()

    environment.events.test_stop.add_listener(end)

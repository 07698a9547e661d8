# mypy: allow-untyped-calls, allow-untyped-decorators
# Locust leaves its event hooks unannotated.
"""Write what happened in each second of a load. Locust's own figures are averages over ten seconds."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import gevent
from locust import User, events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from loadtest.users.load_second import LoadSecond, busy_since, cpu_ticks
from loadtest.users.schedule import LATE_MS


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
    """Counts each request in the second in which it ended, and writes the second when it is over."""

    def __init__(self, environment: Environment, path: Path) -> None:
        self.environment = environment
        self.open = bool(getattr(environment.parsed_options, "open", None))
        self.file: IO[str] = path.open("w", encoding="utf-8")
        self.second = LoadSecond(int(time.time()))
        self.cpu = time.process_time()
        self.ticks = cpu_ticks()
        self.write({"start": time.time(), "requests_per_user": requests_per_user(environment.user_classes)})

    def write(self, line: dict[str, Any]) -> None:
        self.file.write(json.dumps(line, separators=(",", ":")) + "\n")
        self.file.flush()

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
        """Write every second that is over at `now`, including those in which nothing ended."""
        while self.second.t < int(now):
            cpu = time.process_time()
            self.second.generator_cpu, self.cpu = round(cpu - self.cpu, 3), cpu
            self.second.machine_busy, self.ticks = busy_since(self.ticks)
            self.write(self.second.to_dict())
            self.second = LoadSecond(self.second.t + 1, users=self.users)

    @property
    def users(self) -> int:
        runner = self.environment.runner
        return runner.user_count if runner else 0

    def tick(self) -> None:
        """Write the seconds in which no request ends, and record how late this loop wakes."""
        while True:
            due = int(time.time()) + 1
            gevent.sleep(due - time.time())
            self.record_wake(due, time.time())

    def record_wake(self, due: float, now: float) -> None:
        # A request may have ended the last second already: a late wake-up then counts in this one.
        self.second.late_ms = max(self.second.late_ms, round((now - due) * 1000, 1))
        self.finish_seconds(now)

    def close(self) -> None:
        self.finish_seconds(self.second.t + 1)
        self.write({"end": time.time()})
        self.file.close()


@events.test_start.add_listener
def begin(environment: Environment, **_: Any) -> None:
    options = environment.parsed_options
    if options is None:
        return
    writer = SecondWriter(environment, Path(options.seconds_to))
    environment.events.request.add_listener(writer.on_request)
    ticker = gevent.spawn(writer.tick)

    def end(**_: Any) -> None:
        ticker.kill()
        environment.events.request.remove_listener(writer.on_request)
        environment.events.test_stop.remove_listener(end)
        writer.close()

    environment.events.test_stop.add_listener(end)

# mypy: allow-untyped-calls, allow-untyped-decorators
# Locust leaves its event hooks unannotated.
"""Follow a named load shape and write what happened in each second: the second `-f` file next to `locustfile.py`.

    locust -f loadtest/locustfile.py,loadtest/users/stage_shape.py --headless --shape demo \
        --seconds-to load.jsonl --host …

Locust's own figures are averages over ten seconds; these are of single seconds.
"""

import json
import math
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import gevent
from locust import LoadTestShape, User, events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from loadtest.shapes import SHAPES, Shape
from loadtest.users.load_second import LoadSecond, busy_since, cpu_ticks
from loadtest.users.paced_user import PacedUser
from loadtest.users.schedule import LATE_MS

SPAWN_RATE = 100  # users per second: a step takes effect at once; Locust warns above this


@events.init_command_line_parser.add_listener
def add_arguments(parser: LocustArgumentParser) -> None:
    about = "load shape to follow: its name, or a plan.json that describes it"
    parser.add_argument("--shape", type=read_shape, default="demo", include_in_web_ui=False, help=about)
    parser.add_argument("--seconds-to", help="file to write one JSON line per second to", default="load.jsonl")


def read_shape(text: str) -> Shape:
    """Return the shape of that name, or the one of a plan. Raises OSError or ValueError."""
    return SHAPES.get(text) or Shape.from_dict(json.loads(Path(text).read_text(encoding="utf-8"))["shape"])


class StageShape(LoadTestShape):
    """Sets the users as the shape given by `--shape` has them; ends with it, or in order on SIGTERM."""

    def __init__(self) -> None:
        super().__init__()
        self.stopped = False
        self.begin: int | None = None
        # Locust installs its own handler only after the shape has ended; until then SIGTERM would kill it.
        gevent.signal_handler(signal.SIGTERM, self.stop)

    def reset_time(self) -> None:
        """Begin from second 0; Locust calls this for each test, and its web page can start several."""
        super().reset_time()
        self.begin = None

    def stop(self) -> None:
        self.stopped = True

    def tick(self) -> tuple[int, float] | None:
        environment = self.runner.environment if self.runner else None
        options = environment.parsed_options if environment else None
        if environment is None or options is None or self.stopped:
            return None
        # Seconds of the shape are whole seconds of the clock, like those of the recorder.
        gevent.sleep(1 - time.time() % 1)
        now = round(time.time())
        if self.begin is None:
            self.begin = now
        shape, t = options.shape, now - self.begin
        if t >= shape.duration:
            return None
        if shape.traffic:
            return set_rate(shape.rate_at(t), environment.user_classes), SPAWN_RATE
        return shape.users_at(t), SPAWN_RATE


def set_rate(rate: float, classes: Sequence[type[User]]) -> int:
    """Return the fewest users who can send `rate` requests per second at their pace, and slow them down to it."""
    pace = requests_per_user(classes)
    users = math.ceil(rate / pace) if pace else 0
    if users and pace:
        PacedUser.rate_changes, PacedUser.share = True, rate / (users * pace)
    return users


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

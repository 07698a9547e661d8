# mypy: allow-untyped-calls, allow-untyped-decorators
# Locust leaves its event hooks unannotated.
"""Follow a named load shape, and write each of its seconds (`second_writer.py`).

It is the second `-f` file next to `locustfile.py`:

    locust -f loadtest/locustfile.py,loadtest/users/stage_shape.py --headless --shape demo \
        --seconds-to load.jsonl --host …
"""

import json
import math
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gevent
from locust import LoadTestShape, User, events
from locust.argument_parser import LocustArgumentParser

from loadtest.shapes import SHAPES, Shape
from loadtest.users import pauses
from loadtest.users.paced_user import PacedUser
from loadtest.users.second_writer import requests_per_user

SPAWN_RATE = 100  # users per second: a step takes effect at once; Locust warns above this


@events.init_command_line_parser.add_listener
def add_arguments(parser: LocustArgumentParser) -> None:
    about = "load shape to follow: its name, or a plan.json that describes it"
    parser.add_argument("--shape", type=read_shape, default="demo", include_in_web_ui=False, help=about)


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


@events.init.add_listener
def prepare(**_: Any) -> None:
    pauses.avoid()

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
from functools import cache
from pathlib import Path
from typing import Any

import gevent
from locust import LoadTestShape, User, events
from locust.argument_parser import LocustArgumentParser
from locust.rpc import Message
from locust.runners import Runner

from loadtest.shapes import SHAPES, Shape
from loadtest.users import pauses
from loadtest.users.paced_user import PacedUser
from loadtest.users.second_writer import requests_per_user

SHARE = "share"  # the type of the message with the share of their pace that all users keep
SPAWN_RATE = 100  # users per second: a step takes effect at once; Locust warns above this


@events.init_command_line_parser.add_listener
def add_arguments(parser: LocustArgumentParser) -> None:
    about = "load shape to follow: its name, or a plan.json that describes it"
    parser.add_argument("--shape", type=shape_argument, default="demo", include_in_web_ui=False, help=about)


def shape_argument(text: str) -> str:
    """Check the text and keep it: Locust sends its options to its workers, which only plain data survives."""
    read_shape(text)
    return text


@cache
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
        events.test_stop.add_listener(self.rewind)

    def rewind(self, **_: Any) -> None:
        """Let the next test begin from second 0: Locust's web page can start several."""
        self.begin = None

    def stop(self) -> None:
        self.stopped = True

    def tick(self) -> tuple[int, float] | None:
        if self.runner is None or self.stopped:
            return None
        environment = self.runner.environment
        if (options := environment.parsed_options) is None or environment.process_exit_code is not None:
            return None
        # Seconds of the shape are whole seconds of the clock, like those of the recorder.
        gevent.sleep(1 - time.time() % 1)
        now = round(time.time())
        if self.begin is None:
            self.begin = now
        shape, t = read_shape(options.shape), now - self.begin
        if t >= shape.duration:
            return None
        if not shape.traffic:
            return shape.users_at(t), SPAWN_RATE
        users, share = users_for(shape.rate_at(t), environment.user_classes)
        self.runner.send_message(SHARE, share)  # without workers, the runner receives its own messages
        return users, SPAWN_RATE


def users_for(rate: float, classes: Sequence[type[User]]) -> tuple[int, float]:
    """Return the fewest users who can send `rate` requests per second, and the share of their pace that is then due."""
    pace = requests_per_user(classes)
    if not rate or not pace:
        return 0, 1.0
    users = math.ceil(rate / pace)
    return users, rate / (users * pace)


@events.init.add_listener
def prepare(runner: Runner, **_: Any) -> None:
    """Let the users of this process keep the share of their pace that the shape sends."""

    def follow(msg: Message, **_: Any) -> None:
        PacedUser.rate_changes, PacedUser.share = True, msg.data

    runner.register_message(SHARE, follow)
    pauses.avoid()

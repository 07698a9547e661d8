# mypy: allow-untyped-calls
# Locust leaves its messages unannotated.
"""The workers of a master in Locust's distributed mode: the master joins their seconds and makes sure that all stay.

Locust itself would go on without a lost worker, with less load than the shape asks for. It would also end the test
before the last requests of the workers are answered, and never hear of them.
"""

import logging
from typing import Any

import gevent
from locust.env import Environment
from locust.rpc import Message
from locust.runners import STATE_MISSING, MasterRunner

from loadtest.users.seconds_file import PROCESS_LOST, SecondsFile

SECOND = "second"  # the type of the messages in which a worker sends its seconds
LOOK_SECONDS = 0.1  # between two looks at the workers


def present(runner: MasterRunner) -> set[str]:
    """Return the names of the workers that are connected and send heartbeats."""
    return {client.id for client in runner.clients.values() if client.state != STATE_MISSING}


class ConnectedWorkers:
    """The workers that were present when the load began.

    Args:
        environment: Its test ends once `process_exit_code` is set (`stage_shape.py`).
        runner: The master.
        file: Where the seconds of the workers go.
    """

    def __init__(self, environment: Environment, runner: MasterRunner, file: SecondsFile) -> None:
        self.environment = environment
        self.runner = runner
        self.file = file
        self.names = present(runner)
        runner.register_message(SECOND, self.receive)
        self.watcher = gevent.spawn(self.watch)

    def receive(self, msg: Message, **_: Any) -> None:
        if msg.node_id in self.names:
            self.file.receive(msg.node_id, msg.data)

    def watch(self) -> None:
        """Wait until a worker is lost, or another one joins, whose requests nobody would count; then end the test."""
        while present(self.runner) == self.names:
            gevent.sleep(LOOK_SECONDS)
        self.fail()

    def fail(self) -> None:
        logging.getLogger(__name__).error("The workers of the load generator did not stay the same.")
        self.environment.process_exit_code = PROCESS_LOST

    def finish(self) -> None:
        """Stop the users of all workers and wait for their last seconds."""
        self.watcher.kill()
        self.runner.send_message("quit")
        while self.file.unfinished & present(self.runner):
            gevent.sleep(LOOK_SECONDS)
        if self.file.unfinished & self.names:
            self.fail()
        self.runner.custom_messages.pop(SECOND)

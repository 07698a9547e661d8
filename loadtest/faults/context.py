"""What a kind of fault is given."""

from dataclasses import dataclass

from loadtest.faults.agent import Agent
from loadtest.faults.fault import Fault
from loadtest.faults.target import FaultError, Target


@dataclass(frozen=True)
class FaultContext:
    """The target, the fault itself, and the agent on a node where the kind asks for one."""

    target: Target
    fault: Fault
    agent: Agent | None = None

    @property
    def on_node(self) -> Agent:
        if self.agent is None:
            raise FaultError(f"{self.fault.kind} needs an agent on a node.")
        return self.agent

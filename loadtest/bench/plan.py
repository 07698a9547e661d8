"""How long the comparison measures, with how many clients and rows."""

from dataclasses import dataclass

ONE_CLIENT = 1
MANY_CLIENTS = 32  # enough to keep any of the servers busy
BATCH_CLIENTS = 4
BATCH_ROWS = 1_000


@dataclass(frozen=True)
class Plan:
    rounds: int
    seconds: int
    cold_starts: int
    overload_seconds: int
    times_capacity: tuple[int, ...]
    slow_ms: tuple[int, ...]
    lag_seconds: int


FULL = Plan(
    rounds=5,
    seconds=2,
    cold_starts=5,
    overload_seconds=4,
    times_capacity=(1, 5, 10),
    slow_ms=(1, 10, 40, 200),
    lag_seconds=20,
)
QUICK = Plan(rounds=1, seconds=1, cold_starts=1, overload_seconds=1, times_capacity=(5,), slow_ms=(10,), lag_seconds=1)

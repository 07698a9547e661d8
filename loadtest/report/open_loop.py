"""What only a run has that sent requests by schedule."""

from loadtest.report.timeline import Run, Second
from loadtest.users.load_second import percentile


def sent_late(run: Run) -> tuple[int, int]:
    """Return how many requests were sent more than LATE_MS after they were due, of how many.

    Those that ended after the shape are left out: Locust was busy with stopping its users.
    """
    seconds = [second.load for second in run.loaded if second.load is not None and second.t < run.shape.duration]
    return sum(second.sent_late for second in seconds), sum(second.sent for second in seconds)


def p99_from_sending(second: Second) -> float | None:
    """Return the p99 of a second counted from when requests were sent; None if they were not sent by schedule."""
    return percentile(second.load.sending_ms, 0.99) if second.load is not None else None

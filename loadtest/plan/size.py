"""Say how many pods a load needs, and write the autoscaler for it."""

import argparse
from pathlib import Path

import httpx

from loadtest.cluster.record import HPA
from loadtest.format import number
from loadtest.plan import capacity, hpa_manifest, quantities, requirement
from loadtest.plan.capacity import Capacity
from loadtest.plan.replay import CAPACITY, scaled, text
from loadtest.plan.requirement import Demand, Plan
from loadtest.users.models import CannotRunError

MONTH = 730.0  # hours


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rate", type=quantities.suffixed("/s"), required=True, help="requests per second")
    parser.add_argument("--p99", type=quantities.milliseconds, required=True, metavar="MS", help="such as 50ms")
    parser.add_argument("--peak", type=quantities.times, default=1.0, help="the load at its peak, such as 3x")
    parser.add_argument("--step", type=quantities.seconds, default=60.0, help="how soon the peak is reached: 60s")
    parser.add_argument("--connections", type=int, default=100, help="connections that the callers hold open")
    parser.add_argument("--price", type=quantities.price, metavar="PRICE", help="such as 0.04/core-hour")
    parser.add_argument("--limit", type=quantities.millicores, metavar="CPU", help="refuse if another was measured")
    parser.add_argument("--host", help="refuse if the server at this URL has another model than was measured")
    parser.add_argument("--capacity", type=Path, default=CAPACITY, help="what plan measure wrote")
    parser.add_argument("--output", type=Path, default=Path("reports/hpa.yaml"), help="the autoscaler to write")


def run(options: argparse.Namespace) -> None:
    """Print the plan and write the autoscaler. Raises ValueError if it is refused."""
    measured = capacity.read(options.capacity)
    check_same(measured, options.limit, options.host)
    if options.connections < 1 or options.peak < 1:
        raise ValueError("--connections and --peak must be at least 1.")
    demand = Demand(options.rate, options.p99, options.peak, options.step, options.connections)
    made = requirement.plan(measured, demand)
    for name, value, why in rows(measured, demand, made, options.price):
        print(f"{name:16} {value:34} {why}")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(hpa_manifest.manifest(made, HPA), encoding="utf-8")
    print(f"\nkubectl apply -f {options.output}\n{hpa_manifest.resources(made, measured.limit)}")


def check_same(measured: Capacity, limit: int | None, host: str | None) -> None:
    """Raise ValueError if a limit or a server is not what was measured."""
    if limit is not None and limit != measured.limit:
        raise ValueError(
            f"A pod with a limit of {measured.limit}m was measured, none with {limit}m. Measure that one first."
        )
    if host is None:
        return
    try:
        serves = httpx.get(f"{host.rstrip('/')}/info/{measured.model}", timeout=5).json()["digest"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise CannotRunError(f"{host} does not say which {measured.model} it serves: {error!r}") from error
    if serves != measured.digest:
        raise ValueError(
            f"{host} serves {measured.model} {serves[:12]}, and {measured.digest[:12]} was measured. Measure again."
        )


def rows(measured: Capacity, demand: Demand, made: Plan, price: float | None) -> list[tuple[str, str, str]]:
    """Return (name, value with its interval, why)."""
    settings = made.settings
    found = [
        ("Pods now", text(made.now), f"at least {number(made.needed.middle)} are needed; the rest absorbs the rise"),
        ("Pods at the peak", text(made.at_peak), f"at least {number(made.needed_at_peak.middle)} are needed"),
        ("Per pod", f"{text(made.per_pod)} requests/s", "within the objective on the hottest pod"),
        ("Request", f"{made.request}m", "what a pod uses at that rate"),
        ("Limit", f"{measured.limit}m", "the one that was measured"),
        ("Target", f"{settings.target} %", "the pods last until the new ones are ready"),
        ("Bounds", f"{settings.minimum} to {settings.maximum}", "what is needed now, and a quarter above the peak"),
        ("p50", f"{text(made.p50)} ms", "service time and queue of a pod"),
        ("p99", f"{text(made.p99)} ms", f"the objective is {demand.p99_ms:g} ms"),
    ]
    if demand.peak > 1:
        value = f"{text(made.recovery)} s" if made.recovery else "not within 5 min"
        found.append(("Enough pods after", value, "from the beginning of the rise"))
    if price is not None:
        monthly = scaled(made.now, made.request / 1000 * MONTH * price)
        found.append(
            ("Cost a month", text(monthly), f"requests of the pods now, {MONTH:.0f} h at {price:g} a core-hour")
        )
    return found

"""Run a load experiment, report it again, compare runs, check a model by its answers, or judge a canary.

    python -m loadtest --shape demo --host http://127.0.0.1:30001
    python -m loadtest --shape soak --hours 24 --no-cluster --host http://service.example.org
    python -m loadtest --shape demo --models brain_mri --host http://127.0.0.1:30001
    python -m loadtest --shape demo --open poisson --host http://127.0.0.1:30001
    python -m loadtest --shape saturate --workers 4 --host http://127.0.0.1:30001
    python -m loadtest --shape saturate --pods 4 --host http://ml-serving-service:8000
    python -m loadtest --shape demo --models media_cost --host http://127.0.0.1:30002 --hpa media-cost-hpa
    python -m loadtest --shape traffic.csv --faster 60 --scale 0.5 --host http://127.0.0.1:30001
    python -m loadtest --shape demo --fault kill-container@60 --host http://127.0.0.1:30001
    python -m loadtest shape log access.log
    python -m loadtest report reports/latest
    python -m loadtest digits -n 500 --concurrency 5
    python -m loadtest cost -n 5
    python -m loadtest compare reports/before reports/after
    python -m loadtest canary breast_model --minutes 5 --host http://127.0.0.1:30001

Exit status: 0 if every objective held, 1 if one was missed or the run was interrupted, 2 if it could not run. For a
canary it is 0 to promote it, 1 to roll it back, 2 if that cannot be told.
"""

import argparse
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from loadtest.cluster.record import HPA, NAMESPACE, ClusterError, NoClusterError, Recorder
from loadtest.experiment import Experiment, explain_interrupt, link_latest
from loadtest.faults import kinds
from loadtest.faults.target import FaultError, Target
from loadtest.format import listed
from loadtest.live import process as live
from loadtest.locust_process import WORKERS, parse_workers
from loadtest.plan import quantities
from loadtest.pods import run as pods
from loadtest.report import write
from loadtest.report.verdict import Verdict
from loadtest.shapes import SHAPES, Shape
from loadtest.traffic import shape as recorded
from loadtest.users.models import HELP, TABULAR, CannotRunError, parse_weights
from loadtest.users.schedule import ARRIVALS, Arrivals

OPEN = (
    "send requests by schedule, whether or not earlier ones are answered; latency counts from when a request was due "
    "(constant: evenly spaced, the default; poisson: as independent callers arrive)"
)
PRICE = "price of one requested core for an hour, such as 0.04/core-hour; the report shows the cost"
PASSED, MISSED, COULD_NOT_RUN = 0, 1, 2
# Modules whose `run` takes the words after the command and returns the exit status. They are imported when asked for:
# what an experiment does not need, such as scipy, takes 1.1 s of CPU and 75 MB (`time -v python -m loadtest --help`).
COMMANDS: Mapping[str, str] = {
    "digits": "loadtest.digits.command",
    "cost": "loadtest.cost",
    "canary": "loadtest.canary.command",
    "plan": "loadtest.plan.command",
    "shape": "loadtest.traffic.command",
    "compare": "loadtest.compare.command",
}


def main(words: list[str]) -> int:
    folder = None
    try:
        if module := COMMANDS.get("".join(words[:1])):
            return int(import_module(module).run(words[1:]))
        if words[:1] == ["report"]:
            folder = parse_report_folder(words[1:])
            verdict = write.write(folder)
        else:
            options = parse(words)
            shape = chosen_shape(options)
            if options.pods:
                return pods.run(options, shape, words)
            host, recorder = options.host.rstrip("/"), connect(options)
            target = Target.of(shape, recorder, options.context)
            load = (options.models, arrivals(options, shape), options.price, target, options.workers)
            experiment = Experiment(shape, host, options.output, recorder, *load)
            folder = experiment.begin()
            with live.serving(folder) as address:
                if address is not None:
                    print(f"{live.ANNOUNCEMENT}{address}", flush=True)
                experiment.run(folder)
                verdict = write.write(folder)
            link_latest(options.output, folder)
    except (CannotRunError, ClusterError, FaultError, ValueError) as error:
        print(error, file=sys.stderr)
        return COULD_NOT_RUN
    except OSError as error:
        print(f"The files of the run cannot be read or written: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        print(explain_interrupt(folder), file=sys.stderr)
        return COULD_NOT_RUN
    print_verdict(verdict, folder)
    return PASSED if verdict.passed else MISSED


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    shapes = "; ".join(f"{shape.name} ({shape.duration} s): {shape.about}" for shape in SHAPES.values())
    about = f"{shapes}; or the file of recorded traffic, a CSV table of seconds and requests per second"
    parser.add_argument("--shape", default="demo", help=about)
    parser.add_argument(
        "--faster",
        type=quantities.times,
        help="replay recorded traffic this many times faster: 60 sends an hour in a minute",
    )
    parser.add_argument("--scale", type=quantities.times, help="multiply the users, or the recorded rates, by this")
    parser.add_argument("--hours", type=float, help="stretch the shape's last stage; 24 make an uptime check of soak")
    parser.add_argument("--models", type=parse_weights, default={TABULAR: 1}, metavar="NAME", help=HELP)
    parser.add_argument("--open", nargs="?", choices=ARRIVALS, const=ARRIVALS[0], help=OPEN)
    processes = parser.add_mutually_exclusive_group()
    processes.add_argument("--workers", type=parse_workers, metavar="N", help=WORKERS)
    processes.add_argument("--pods", type=quantities.whole, metavar="N", help=pods.HELP)
    parser.add_argument("--price", type=quantities.price, help=PRICE)
    parser.add_argument("--fault", action="append", default=[], metavar="KIND@SECOND", help=kinds.HELP)
    parser.add_argument("--host", required=True, help="URL of the server, such as http://$(minikube ip):30001")
    parser.add_argument("--hpa", default=HPA, metavar="NAME", help="autoscaler to observe, with what it scales")
    parser.add_argument("--namespace", help=f"namespace of the autoscaler; the default is {NAMESPACE}")
    parser.add_argument("--context", help="kubectl context to use; the default is the current one of KUBECONFIG")
    parser.add_argument("--no-cluster", action="store_true", help="measure the host only and observe no cluster")
    parser.add_argument("--output", type=Path, default=Path("reports"), help="folder for the run folders")
    return parser.parse_args(words)


def chosen_shape(options: argparse.Namespace) -> Shape:
    """Return the shape, stretched if asked for. Raises ValueError, or OSError if there is no such file."""
    if options.shape.endswith(".csv"):
        shape = recorded.read(Path(options.shape), options.faster or 1, options.scale or 1)
    elif options.shape not in SHAPES:
        raise ValueError(
            f"There is no shape {options.shape!r}, only {listed([*SHAPES])}, or a .csv of recorded traffic."
        )
    elif options.faster:
        raise ValueError("--faster is for recorded traffic, as in --shape traffic.csv.")
    else:
        shape = SHAPES[options.shape].scaled(options.scale or 1)
    shape = shape.lasting(options.hours) if options.hours is not None else shape
    return shape.with_faults(map(kinds.parse, options.fault))


def arrivals(options: argparse.Namespace, shape: Shape) -> Arrivals | None:
    """Return how requests arrive: recorded traffic comes from independent callers, so it is Poisson by default."""
    chosen: Arrivals | None = options.open
    return chosen or ("poisson" if shape.traffic else None)


def parse_report_folder(words: list[str]) -> Path:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest report", description="Write the report of a run folder again."
    )
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args(words).folder
    return folder


def connect(options: argparse.Namespace) -> Recorder | None:
    """Return the recorder of the cluster; None if there is none or it is not to be observed. Raises ClusterError."""
    try:
        if not options.no_cluster:
            return Recorder.connect(options.namespace, options.context, options.hpa)
    except NoClusterError as error:
        print(f"{error} Only the host is measured, and the report says that no cluster was observed.")
    if options.price:
        print("--price is ignored: without a cluster there are no pods to pay for.")
    return None


def print_verdict(verdict: Verdict, folder: Path) -> None:
    for result in verdict.results:
        status = "n/a" if not result.applies else "held" if result.held else "MISSED"
        print(f"  {status:9}  {result.objective.name}: {result.measurement.text}")
    print(f"{'PASSED' if verdict.passed else 'NOT PASSED'}: {verdict.text}.\n{folder / 'report.html'}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

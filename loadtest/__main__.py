"""Run a load experiment, write its report again, or check the objectives of the digits model.

    python -m loadtest --shape demo --host http://127.0.0.1:30001
    python -m loadtest --shape demo --models brain_mri --host http://127.0.0.1:30001
    python -m loadtest report reports/latest
    python -m loadtest digits -n 500 --concurrency 5

Exit status: 0 if every objective held, 1 if one was missed or the run was interrupted, 2 if it could not run.
"""

import argparse
import os
import shlex
import sys
from pathlib import Path

from loadtest.cluster.record import ClusterError, NoClusterError, Recorder
from loadtest.digits import command
from loadtest.experiment import NOTHING, Experiment
from loadtest.report import write
from loadtest.report.verdict import Verdict
from loadtest.shapes import SHAPES
from loadtest.users.models import HELP, TABULAR, CannotRunError, parse_weights

PASSED, MISSED, COULD_NOT_RUN = 0, 1, 2


def main(words: list[str]) -> int:
    folder = None
    try:
        if words[:1] == ["digits"]:
            return PASSED if command.run(words[1:]) else MISSED
        if words[:1] == ["report"]:
            folder = parse_report_folder(words[1:])
            verdict = write.write(folder)
        else:
            options = parse(words)
            experiment = Experiment(
                SHAPES[options.shape], options.host.rstrip("/"), options.output, connect(options), options.models
            )
            folder = experiment.begin()
            experiment.run(folder)
            verdict = write.write(folder)
            link_latest(options.output, folder)
    except (CannotRunError, ClusterError, ValueError) as error:
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
    parser.add_argument("--shape", choices=SHAPES, default="demo", help=shapes)
    parser.add_argument("--models", type=parse_weights, default={TABULAR: 1}, metavar="NAME", help=HELP)
    parser.add_argument("--host", required=True, help="URL of the server, such as http://$(minikube ip):30001")
    parser.add_argument("--namespace", default="default", help="namespace of the autoscaler")
    parser.add_argument("--context", help="kubectl context to use; the default is the current one of KUBECONFIG")
    parser.add_argument("--no-cluster", action="store_true", help="measure the host only and observe no cluster")
    parser.add_argument("--output", type=Path, default=Path("reports"), help="folder for the run folders")
    return parser.parse_args(words)


def parse_report_folder(words: list[str]) -> Path:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest report", description="Write the report of a run folder again."
    )
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args(words).folder
    return folder


def connect(options: argparse.Namespace) -> Recorder | None:
    """Return the recorder of the cluster; None if there is none or it is not to be observed. Raises ClusterError."""
    if options.no_cluster:
        return None
    try:
        return Recorder.connect(options.namespace, options.context)
    except NoClusterError:
        print("No kubeconfig found: only the host is measured, and the report says that no cluster was observed.")
        return None


def explain_interrupt(folder: Path | None) -> str:
    if folder is None or not (folder / "load.jsonl").exists():
        return NOTHING
    command = shlex.join(["python", "-m", "loadtest", "report", str(folder)])
    return f"Interrupted. To write the report: {command}"


def link_latest(output: Path, folder: Path) -> None:
    """Point `latest` to this run, replacing it in one step."""
    fresh = output / ".latest"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(folder.name)
    os.replace(fresh, output / "latest")  # noqa: PTH105  Path.replace follows no link either, but reads as a copy


def print_verdict(verdict: Verdict, folder: Path) -> None:
    for result in verdict.results:
        status = "n/a" if not result.applies else "held" if result.held else "MISSED"
        print(f"  {status:9}  {result.objective.name}: {result.measurement.text}")
    print(f"{'PASSED' if verdict.passed else 'NOT PASSED'}: {verdict.text}.\n{folder / 'report.html'}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

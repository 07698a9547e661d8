"""One experiment, or its report made again; or the objectives of the digits model.

    python -m loadtest --shape demo --host http://127.0.0.1:30001
    python -m loadtest --shape demo --models brain_mri --host http://127.0.0.1:30001
    python -m loadtest report reports/latest
    python -m loadtest digits -n 500 --concurrency 5

The exit code is the verdict: 0 every objective held, 1 one was missed or the run was interrupted, 2 it could not run.
"""

import argparse
import os
import shlex
import sys
from pathlib import Path

from loadtest.cluster.record import ClusterError, NoClusterError, Recorder
from loadtest.cluster.wait import CannotRunError
from loadtest.digits import command
from loadtest.experiment import NOTHING, Experiment
from loadtest.report import write
from loadtest.report.verdict import Verdict
from loadtest.shapes import SHAPES
from loadtest.users.models import HELP, TABULAR, parse_weights

PASSED, MISSED, COULD_NOT_RUN = 0, 1, 2


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    shapes = "; ".join(f"{shape.name} ({shape.duration} s): {shape.about}" for shape in SHAPES.values())
    parser.add_argument("--shape", choices=SHAPES, default="demo", help=shapes)
    parser.add_argument("--models", type=parse_weights, default={TABULAR: 1}, metavar="NAME", help=HELP)
    parser.add_argument("--host", required=True, help="where the server answers, such as http://$(minikube ip):30001")
    parser.add_argument("--namespace", default="default", help="where the autoscaler is")
    parser.add_argument("--context", help="kubectl context to watch; by default the current one of KUBECONFIG")
    parser.add_argument("--no-cluster", action="store_true", help="measure the host alone, ask nothing of a cluster")
    parser.add_argument("--output", type=Path, default=Path("reports"), help="folder of the run folders")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    folder = None
    try:
        if words[:1] == ["digits"]:
            return PASSED if command.run(words[1:]) else MISSED
        if words[:1] == ["report"]:
            folder = old_folder(words[1:])
            verdict = write.write(folder)
        else:
            options = parse(words)
            experiment = Experiment(
                SHAPES[options.shape], options.host.rstrip("/"), options.output, watcher(options), options.models
            )
            folder = experiment.begin()
            experiment.run(folder)
            verdict = write.write(folder)
            point_latest(options.output, folder)
    except (CannotRunError, ClusterError, ValueError) as error:
        print(error, file=sys.stderr)
        return COULD_NOT_RUN
    except OSError as error:
        print(f"The run's files cannot be read or written: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        print(cut_short(folder), file=sys.stderr)
        return COULD_NOT_RUN
    tell(verdict, folder)
    return PASSED if verdict.passed else MISSED


def cut_short(folder: Path | None) -> str:
    if folder is None or not (folder / "load.jsonl").exists():
        return NOTHING
    return f"Interrupted. This makes the report: {shlex.join(['python', '-m', 'loadtest', 'report', str(folder)])}"


def old_folder(words: list[str]) -> Path:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest report", description="Make a report again from its run folder."
    )
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args(words).folder
    return folder


def watcher(options: argparse.Namespace) -> Recorder | None:
    """The recorder of the cluster; None when the user has none, or wants none watched. Raises ClusterError."""
    if options.no_cluster:
        return None
    try:
        return Recorder.connect(options.namespace, options.context)
    except NoClusterError:
        print("No kubeconfig: the host is measured alone, and the report says that no cluster was observed.")
        return None


def point_latest(output: Path, folder: Path) -> None:
    """`latest` → this run, replaced in one step."""
    fresh = output / ".latest"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(folder.name)
    os.replace(fresh, output / "latest")  # noqa: PTH105  Path.replace follows nothing either, but reads as a copy


def tell(verdict: Verdict, folder: Path) -> None:
    for result in verdict.results:
        sign = "not asked" if not result.applies else "held" if result.held else "MISSED"
        print(f"  {sign:9}  {result.objective.name}: {result.measurement.text}")
    print(f"{'PASSED' if verdict.passed else 'NOT PASSED'}: {verdict.text}.\n{folder / 'report.html'}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The commands `python -m model bundle` and `check`: their options, and what they print."""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from model import show
from model.bring import network_options
from model.bring.request import WARNING, BundleRequest
from model.bundle import Bundle, BundleError
from model.catalog import BUNDLES

if TYPE_CHECKING:
    from model.bring.sklearn_version import Environment

ADDRESS = "http://localhost:8000"  # where `make serve` listens


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    own = commands.add_parser(
        "bundle",
        help="bundle a fitted scikit-learn classifier or regressor of your own",
        epilog="What the file would import is read first. Only what fitted models consist of is loaded.",
    )
    _add_options(own)
    own.set_defaults(run=_bundle)

    checked = commands.add_parser("check", help="compare a bundle of your own with its pipeline, on other rows")
    checked.add_argument("folder", type=Path, metavar="FOLDER")
    checked.add_argument("--data", required=True, type=Path, metavar="ROWS.csv", help="the rows, with a header")
    checked.add_argument("--target", metavar="COLUMN", help="the column that holds the true values")
    _add_trust(checked)
    checked.set_defaults(run=_check)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pipeline", type=Path, metavar="MODEL", help="PIPELINE.joblib or NETWORK.onnx")
    parser.add_argument("--name", required=True, help="the model's name in URLs")
    parser.add_argument(
        "--data", type=Path, metavar="ROWS.csv", help="a sample of a pipeline's training rows, with a header"
    )
    parser.add_argument("--target", metavar="COLUMN", help="the column of the sample that holds the true values")
    parser.add_argument("--encoder", type=Path, metavar="FILE.pkl", help="the LabelEncoder that encoded the target")
    parser.add_argument(
        "--before",
        action="append",
        default=[],
        type=Path,
        metavar="FILE.pkl",
        help="a scaler, encoder or vectorizer that was saved apart; repeat it for several, in the order of their use",
    )
    parser.add_argument("--title", default="", help="the model's name for people; default: its name in URLs")
    parser.add_argument("--version", default="1.0.0")
    parser.add_argument(
        "--labels",
        metavar="A,B,…",
        help="how to show the classes, in the order of classes_; for a network also a file with one a line",
    )
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="default: model/bundles/NAME")
    parser.add_argument(
        "--sklearn",
        metavar="VERSION",
        help="bundle with this version of scikit-learn, in an environment of its own; default: the file's own version",
    )
    _add_trust(parser)
    network_options.add_options(parser)


def _add_trust(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="NAME",
        help="take a model that needs this type or module, which is not scikit-learn's; repeat it for several",
    )


def _bundle(arguments: argparse.Namespace) -> int:
    """Bundle, here or in an environment with another version of scikit-learn. Return the exit status."""
    if network_options.is_network(arguments):
        made = network_options.bundle(arguments)
    else:
        _check_options(arguments)
        if environment := _other_environment(arguments):
            return environment.run(arguments.words)
        made = _bundle_pipeline(arguments)
    print(f"\n{show.readable(made)}\n\n{ending(made)}")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from model.bring import recheck  # noqa: PLC0415 (see below)

    found = recheck.compare(arguments.folder, arguments.data, arguments.target, arguments.trust)
    print("\n\n".join([*show.figures_tables(found.task.labels, found.metrics), found.sentence]))
    return 0 if found.agrees else 1


def ending(made: Bundle) -> str:
    """Return what to beware of, where the bundle is, and the commands that serve it and ask it."""
    name, row = made.task.name, json.dumps(made.task.example, ensure_ascii=False)
    sent = "image/jpeg' --data-binary @picture.jpg" if made.task.picture else f"application/json' -d {shlex.quote(row)}"
    serve = f"MODEL_NAME={shlex.quote(name)} MODEL_PATH={shlex.quote(str(made.folder))} make serve"
    ask = f"curl {ADDRESS}/predict/{name} -H 'Content-Type: {sent}"
    warned = [f"{limit}\n\n" for limit in made.card.get("limits", ()) if limit.startswith(WARNING)]
    proof = made.card.get("verification", {})
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in proof.get("rows_by_kind", {}).items())
    proved = f"Proved on {proof['rows']:,} rows{f': {kinds}' if kinds else ''}. " if "rows" in proof else ""
    fast = f"\n{sentence}" if (sentence := show.speed(made)) else ""
    made_of = f"{proved}Served by {show.backend(made)}.{fast}\nWrote {made.folder}. To serve it and to ask it:"
    return f"{''.join(warned)}{made_of}\n\n  {serve}\n  {ask}"


def _check_options(arguments: argparse.Namespace) -> None:
    network_options.refuse_for_pipeline(arguments)
    if arguments.data is None:
        raise BundleError("A pipeline needs a sample of its training rows: --data ROWS.csv.")


def _other_environment(arguments: argparse.Namespace) -> Environment | None:
    from model.bring.examine import examine  # noqa: PLC0415 (see below)

    found = examine(arguments.pipeline, arguments.trust)
    from model.bring import model_file, sklearn_version  # noqa: PLC0415 (see below)

    model_file.refuse_several(arguments.pipeline, arguments.trust, found)
    return sklearn_version.environment_for(arguments.pipeline, found.versions, arguments.sklearn)


def _bundle_pipeline(arguments: argparse.Namespace) -> Bundle:
    from model.bring import pipeline  # noqa: PLC0415 (scikit-learn and the converters take seconds to import)

    return pipeline.bundle(_request(arguments))


def _request(arguments: argparse.Namespace) -> BundleRequest:
    return BundleRequest(
        pipeline=arguments.pipeline,
        data=arguments.data,
        name=arguments.name,
        output=arguments.output or BUNDLES / arguments.name,
        target=arguments.target,
        title=arguments.title,
        version=arguments.version,
        labels=arguments.labels.split(",") if arguments.labels else (),
        encoder=arguments.encoder,
        trust=arguments.trust,
        before=arguments.before,
    )

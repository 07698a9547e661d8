"""The command `python -m model bundle`: its options, and what it prints about the bundle that it made."""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path

from model import show
from model.bring.request import WARNING, BundleRequest
from model.bundle import Bundle
from model.catalog import BUNDLES

ADDRESS = "http://localhost:8000"  # where `make serve` listens


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pipeline", type=Path, metavar="PIPELINE.joblib")
    parser.add_argument("--name", required=True, help="the model's name in URLs")
    parser.add_argument(
        "--data", required=True, type=Path, metavar="ROWS.csv", help="a sample of its training rows, with a header"
    )
    parser.add_argument("--target", metavar="COLUMN", help="the column of the sample that holds the true values")
    parser.add_argument("--encoder", type=Path, metavar="FILE.pkl", help="the LabelEncoder that encoded the target")
    parser.add_argument("--title", default="", help="the model's name for people; default: its name in URLs")
    parser.add_argument("--version", default="1.0.0")
    parser.add_argument("--labels", metavar="A,B,…", help="how to show the classes, in the order of classes_")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="default: model/bundles/NAME")
    parser.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="NAME",
        help="take a model that needs this type or module, which is not scikit-learn's; repeat it for several",
    )


def run(arguments: argparse.Namespace) -> None:
    from model.bring import pipeline  # noqa: PLC0415 (scikit-learn and the converters take seconds to import)

    made = pipeline.bundle(_request(arguments))
    print(f"\n{show.readable(made)}\n\n{ending(made)}")


def ending(made: Bundle) -> str:
    """Return what to beware of, where the bundle is, and the commands that serve it and ask it."""
    name, row = made.task.name, json.dumps(made.task.example, ensure_ascii=False)
    serve = f"MODEL_NAME={shlex.quote(name)} MODEL_PATH={shlex.quote(str(made.folder))} make serve"
    ask = f"curl {ADDRESS}/predict/{name} -H 'Content-Type: application/json' -d {shlex.quote(row)}"
    warned = [f"{limit}\n\n" for limit in made.card.get("limits", ()) if limit.startswith(WARNING)]
    return f"{''.join(warned)}Wrote {made.folder}. To serve it and to ask it:\n\n  {serve}\n  {ask}"


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
    )

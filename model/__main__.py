"""The command line: train a model we ship, bundle one of yours, show a bundle, draw what is answered wrong."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from model import bundle, show
from model.train import mistakes
from model.train.brain_mri import model as brain_mri
from model.train.digits import model as digits
from model.train.tabular import breast_cancer, from_sklearn

BUNDLES = Path("model/bundles")
SHEETS = Path("docs/pictures")
SHIPPED = {"breast_cancer": "breast_model", "digits": "digits", "brain_mri": "brain_mri"}
"""What is trained, and what it is called where it is served."""


def main(command: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(command)
    try:
        arguments.run(arguments)
    except (bundle.BundleError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _train(arguments: argparse.Namespace) -> None:
    output = arguments.output or BUNDLES / SHIPPED[arguments.model]
    if arguments.model == "breast_cancer":
        _report(breast_cancer.train(output, say=print))
    else:
        pictures = {"digits": digits, "brain_mri": brain_mri}[arguments.model]
        _report(pictures.train(output, say=print, quick=arguments.quick))


def _bundle(arguments: argparse.Namespace) -> None:
    wish = from_sklearn.Wish(
        pipeline=arguments.pipeline,
        data=arguments.data,
        name=arguments.name,
        output=arguments.output or BUNDLES / arguments.name,
        target=arguments.target,
        title=arguments.title,
        version=arguments.version,
        labels=arguments.labels.split(",") if arguments.labels else (),
    )
    _report(from_sklearn.bundle(wish))


def _show(arguments: argparse.Namespace) -> None:
    print(show.readable(bundle.load(arguments.folder)))


def _wrong(arguments: argparse.Namespace) -> None:
    output = arguments.output or SHEETS / f"{arguments.model}_wrong.png"
    drawn, said = mistakes.drawn(bundle.load(BUNDLES / arguments.model), mistakes.JUDGED[arguments.model]())
    drawn.save(output, "PNG", optimize=True)
    print(f"{said} Wrote {output}.")


def _report(made: bundle.Bundle) -> None:
    print(f"\n{show.readable(made)}\n\nWrote {made.folder}: {len(made.onnx):,} bytes of ONNX.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train = commands.add_parser("train", help="train a model that is shipped with this project")
    train.add_argument("model", choices=list(SHIPPED))
    train.add_argument("--output", type=Path, metavar="FOLDER", help="default: in model/bundles")
    train.add_argument(
        "--quick", action="store_true", help="pictures: on a few hundred and for one epoch, to see that it works"
    )
    train.set_defaults(run=_train)

    own = commands.add_parser(
        "bundle",
        help="make a bundle of a fitted scikit-learn classifier or regressor of your own",
        epilog="joblib files run code when they are loaded: only bundle files you trust.",
    )
    own.add_argument("pipeline", type=Path, metavar="PIPELINE.joblib")
    own.add_argument("--name", required=True, help="what the model is called in URLs")
    own.add_argument(
        "--data", required=True, type=Path, metavar="ROWS.csv", help="a sample of its training rows, with a header"
    )
    own.add_argument("--target", metavar="COLUMN", help="the column of the sample that holds the truth")
    own.add_argument("--title", default="", help="what the model is called for people; default: its name")
    own.add_argument("--version", default="1.0.0")
    own.add_argument("--labels", metavar="A,B,…", help="how the classes are shown, in the order of classes_")
    own.add_argument("--output", type=Path, metavar="FOLDER", help="default: model/bundles/NAME")
    own.set_defaults(run=_bundle)

    shown = commands.add_parser("show", help="print what a bundle is, what it takes and how good it is")
    shown.add_argument("folder", type=Path, metavar="FOLDER")
    shown.set_defaults(run=_show)

    sheet = commands.add_parser("wrong", help="draw what a shipped model of pictures answers wrong and is surest of")
    sheet.add_argument("model", choices=list(mistakes.JUDGED))
    sheet.add_argument("--output", type=Path, metavar="FILE.png", help=f"default: in {SHEETS}")
    sheet.set_defaults(run=_wrong)
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""Train the models that ship, bundle a model of your own, show a bundle, or draw the mistakes of a picture model."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model import bundle, show
from model.catalog import BUNDLES, SHIPPED, ShippedModel

if TYPE_CHECKING:
    from model.train import DataSet, PictureTrainer, Trainer

DRAWINGS = Path("docs/pictures")

# Modules of training are imported by the commands that need them: together they take seconds to import.


def main(command: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(command)
    try:
        arguments.run(arguments)
    except (bundle.BundleError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _train(arguments: argparse.Namespace) -> None:
    chosen = next(model for model in SHIPPED if model.training == arguments.model)
    _require_data(chosen)
    trainer: Trainer = _module(chosen.trainer)
    _report(trainer.train(arguments.output or chosen.folder, print, quick=arguments.quick))


def _bundle(arguments: argparse.Namespace) -> None:
    from model.bring import pipeline, request  # noqa: PLC0415 (see above)

    wanted = request.BundleRequest(
        pipeline=arguments.pipeline,
        data=arguments.data,
        name=arguments.name,
        output=arguments.output or BUNDLES / arguments.name,
        target=arguments.target,
        title=arguments.title,
        version=arguments.version,
        labels=arguments.labels.split(",") if arguments.labels else (),
    )
    _report(pipeline.bundle(wanted))


def _show(arguments: argparse.Namespace) -> None:
    print(show.readable(bundle.load(arguments.folder)))


def _mistakes(arguments: argparse.Namespace) -> None:
    chosen = next(model for model in SHIPPED if model.name == arguments.model)
    shipped = bundle.load(chosen.folder)
    _require_data(chosen)
    from model.train import mistakes  # noqa: PLC0415 (see above)

    trainer: PictureTrainer = _module(chosen.trainer)
    output = arguments.output or DRAWINGS / f"{chosen.name}_wrong.png"
    drawing, summary = mistakes.draw(shipped, trainer.test_set())
    drawing.save(output, "PNG", optimize=True)
    print(f"{summary} Wrote {output}.")


def _require_data(model: ShippedModel) -> None:
    for name in model.data:
        data: DataSet = _module(name)
        data.require()


def _module(name: str) -> Any:
    return import_module(name)


def _report(written: bundle.Bundle) -> None:
    print(f"\n{show.readable(written)}\n\nWrote {written.folder}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train = commands.add_parser("train", help="train a model that ships with this project")
    train.add_argument("model", choices=[model.training for model in SHIPPED])
    train.add_argument("--output", type=Path, metavar="FOLDER", help="default: in model/bundles")
    train.add_argument("--quick", action="store_true", help="use little data and few epochs, to see that it works")
    train.set_defaults(run=_train)

    own = commands.add_parser(
        "bundle",
        help="bundle a fitted scikit-learn classifier or regressor of your own",
        epilog="Loading a joblib file runs code in it: bundle only files that you trust.",
    )
    own.add_argument("pipeline", type=Path, metavar="PIPELINE.joblib")
    own.add_argument("--name", required=True, help="the model's name in URLs")
    own.add_argument(
        "--data", required=True, type=Path, metavar="ROWS.csv", help="a sample of its training rows, with a header"
    )
    own.add_argument("--target", metavar="COLUMN", help="the column of the sample that holds the true values")
    own.add_argument("--title", default="", help="the model's name for people; default: its name in URLs")
    own.add_argument("--version", default="1.0.0")
    own.add_argument("--labels", metavar="A,B,…", help="how to show the classes, in the order of classes_")
    own.add_argument("--output", type=Path, metavar="FOLDER", help="default: model/bundles/NAME")
    own.set_defaults(run=_bundle)

    shown = commands.add_parser("show", help="print what a bundle takes, predicts and how good it is")
    shown.add_argument("folder", type=Path, metavar="FOLDER")
    shown.set_defaults(run=_show)

    drawn = commands.add_parser("mistakes", help="draw the most confident mistakes of a picture model that ships")
    drawn.add_argument("model", choices=[model.name for model in SHIPPED if model.takes == "pictures"])
    drawn.add_argument("--output", type=Path, metavar="FILE.png", help=f"default: in {DRAWINGS}")
    drawn.set_defaults(run=_mistakes)
    return parser


if __name__ == "__main__":
    sys.exit(main())

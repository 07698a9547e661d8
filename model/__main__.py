"""Train the models that ship, bundle, check, show or store a model of your own, or draw a picture model's mistakes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model import bundle, show
from model.bring import command
from model.catalog import SHIPPED, ShippedModel
from model.store import address

if TYPE_CHECKING:
    from model.train import DataSet, PictureTrainer, Trainer

DRAWINGS = Path("docs/pictures")
LONGEST_ERROR = 300  # characters

# Modules of training are imported by the commands that need them: together they take seconds to import.


def main(words: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(words)
    arguments.words = sys.argv[1:] if words is None else words
    try:
        return int(arguments.run(arguments) or 0)
    except (bundle.BundleError, OSError) as error:
        print(_one_line(f"error: {error}"), file=sys.stderr)
        return 1


def _train(arguments: argparse.Namespace) -> None:
    chosen = next(model for model in SHIPPED if model.training == arguments.model)
    _require_data(chosen)
    trainer: Trainer = _module(chosen.trainer)
    trained = trainer.train(arguments.output or chosen.folder, print, quick=arguments.quick)
    print(f"\n{show.readable(trained)}\n\nWrote {trained.folder}.")


def _show(arguments: argparse.Namespace) -> None:
    print(show.readable(bundle.load(arguments.folder)))


def _check(arguments: argparse.Namespace) -> int:
    from model.bring import recheck  # noqa: PLC0415 (see above)

    found = recheck.compare(arguments.folder, arguments.data, arguments.target, arguments.trust)
    print("\n\n".join([*show.figures_tables(found.task.labels, found.metrics), found.sentence]))
    return 0 if found.agrees else 1


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


def _push(arguments: argparse.Namespace) -> None:
    from model import bundle_transfer  # noqa: PLC0415 (see model/store/address.py)

    place, pushed = bundle_transfer.push(arguments.folder, address.parse(arguments.uri), address.access(os.environ))
    print(f"MODEL_PATH={place}\nMODEL_DIGEST={pushed.digest}")


def _fetch(arguments: argparse.Namespace) -> None:
    from model import bundle_transfer  # noqa: PLC0415 (see model/store/address.py)

    fetched = bundle_transfer.fetch(address.parse(arguments.uri), arguments.folder, address.access(os.environ))
    print(f"Wrote {fetched.folder}, the bundle with the digest {fetched.digest}.")


def _require_data(model: ShippedModel) -> None:
    for name in model.data:
        data: DataSet = _module(name)
        data.require()


def _module(name: str) -> Any:
    return import_module(name)


def _one_line(sentence: str) -> str:
    """Return the sentence as one line that fits a terminal: messages of libraries can be pages long."""
    line = " ".join(sentence.split())
    return line if len(line) <= LONGEST_ERROR else f"{line[: LONGEST_ERROR - 2]} …"


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
        epilog="What the file would import is read first. Only what fitted models consist of is loaded.",
    )
    command.add_options(own)
    own.set_defaults(run=command.run)

    checked = commands.add_parser("check", help="compare a bundle of your own with its pipeline, on other rows")
    checked.add_argument("folder", type=Path, metavar="FOLDER")
    checked.add_argument("--data", required=True, type=Path, metavar="ROWS.csv", help="the rows, with a header")
    checked.add_argument("--target", metavar="COLUMN", help="the column that holds the true values")
    command.add_trust(checked)
    checked.set_defaults(run=_check)

    shown = commands.add_parser("show", help="print what a bundle takes, predicts and how good it is")
    shown.add_argument("folder", type=Path, metavar="FOLDER")
    shown.set_defaults(run=_show)

    pushed = commands.add_parser("push", help="copy a bundle to a store, into a folder named after its digest")
    pushed.add_argument("folder", type=Path, metavar="FOLDER")
    pushed.add_argument("uri", metavar="URI", help="such as s3://bucket/my_model")
    pushed.set_defaults(run=_push)

    fetched = commands.add_parser("fetch", help="copy a bundle from a store into a folder")
    fetched.add_argument("uri", metavar="URI", help="what push printed as MODEL_PATH")
    fetched.add_argument("folder", type=Path, metavar="FOLDER")
    fetched.set_defaults(run=_fetch)

    drawn = commands.add_parser("mistakes", help="draw the most confident mistakes of a picture model that ships")
    drawn.add_argument("model", choices=[model.name for model in SHIPPED if model.takes == "pictures"])
    drawn.add_argument("--output", type=Path, metavar="FILE.png", help=f"default: in {DRAWINGS}")
    drawn.set_defaults(run=_mistakes)
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""The command line: train a model we ship, bundle one of yours, show a bundle."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from model import bundle
from model.train import breast_cancer, show

BUNDLES = Path("model/bundles")


def main() -> int:
    arguments = _parser().parse_args()
    try:
        arguments.run(arguments)
    except bundle.BundleError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _train(arguments: argparse.Namespace) -> None:
    made = breast_cancer.train(arguments.output or BUNDLES / "breast_model", say=print)
    print(f"\n{show.readable(made)}\n\nWrote {made.folder}: {len(made.onnx):,} bytes of ONNX.")


def _show(arguments: argparse.Namespace) -> None:
    print(show.readable(bundle.load(arguments.folder)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train = commands.add_parser("train", help="train a model that is shipped with this project")
    train.add_argument("model", choices=["breast_cancer"])
    train.add_argument("--output", type=Path, metavar="FOLDER", help="default: model/bundles/breast_model")
    train.set_defaults(run=_train)

    shown = commands.add_parser("show", help="print what a bundle is, what it takes and how good it is")
    shown.add_argument("folder", type=Path, metavar="FOLDER")
    shown.set_defaults(run=_show)
    return parser


if __name__ == "__main__":
    sys.exit(main())

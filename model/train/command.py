"""The commands `python -m model train` and `mistakes`, on the models that ship."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model import bundle, show
from model.catalog import SHIPPED, ShippedModel

if TYPE_CHECKING:
    from model.train import DataSet, PictureTrainer, Trainer

DRAWINGS = Path("docs/pictures")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    train = commands.add_parser("train", help="train a model that ships with this project")
    train.add_argument("model", choices=[model.training for model in SHIPPED])
    train.add_argument("--output", type=Path, metavar="FOLDER", help="default: in model/bundles")
    train.add_argument("--quick", action="store_true", help="use little data and few epochs, to see that it works")
    train.set_defaults(run=_train)

    drawn = commands.add_parser("mistakes", help="draw the most confident mistakes of a picture model that ships")
    drawn.add_argument("model", choices=[model.name for model in SHIPPED if model.takes == "pictures"])
    drawn.add_argument("--output", type=Path, metavar="FILE.png", help=f"default: in {DRAWINGS}")
    drawn.set_defaults(run=_mistakes)


def _train(arguments: argparse.Namespace) -> None:
    chosen = next(model for model in SHIPPED if model.training == arguments.model)
    _require_data(chosen)
    trainer: Trainer = _module(chosen.trainer)
    trained = trainer.train(arguments.output or chosen.folder, print, quick=arguments.quick)
    print(f"\n{show.readable(trained)}\n\nWrote {trained.folder}.")


def _mistakes(arguments: argparse.Namespace) -> None:
    chosen = next(model for model in SHIPPED if model.name == arguments.model)
    shipped = bundle.load(chosen.folder)
    _require_data(chosen)
    from model.train import mistakes  # noqa: PLC0415 (it takes seconds to import)

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
    """Import a module of training when it is needed: together they take seconds to import."""
    return import_module(name)

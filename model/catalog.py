"""The models that ship with this project.

To add one, write a module that trains it and add an entry to SHIPPED. The default settings, the command line
(`python -m model`), the image and the tests follow; k8s/configmap.yaml repeats the names and a test compares them.

    python -m model.catalog [BUNDLE]

prints the names of the bundles that go into an image.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

BUNDLES = Path("model/bundles")  # relative to the repository, and to the working directory of the image


@dataclass(frozen=True)
class ShippedModel:
    """A model that ships.

    Attributes:
        name: What it is served as, and the name of its folder in model/bundles.
        training: What `python -m model train` calls it.
        trainer: The module that trains it; see `model.train.Trainer` and `model.train.PictureTrainer`.
        takes: What it predicts from.
        data: Modules of the data sets that its training needs; see `model.train.DataSet`.
        by_default: Whether it is served unless MODEL_NAME says otherwise. The image has it in either case.
    """

    name: str
    training: str
    trainer: str
    takes: Literal["rows", "pictures"]
    data: tuple[str, ...] = ()
    by_default: bool = True

    @property
    def folder(self) -> Path:
        return BUNDLES / self.name


MNIST, SCANS = "model.train.datasets", "model.train.brain_mri.data"
WEAK_SCANS = "model.train.brain_mri.weak"

SHIPPED = (
    ShippedModel("breast_model", "breast_cancer", "model.train.tabular.breast_cancer", takes="rows"),
    # Each picture model is also evaluated on the other's data, which it should call out of distribution.
    ShippedModel("digits", "digits", "model.train.digits.model", takes="pictures", data=(MNIST, SCANS)),
    ShippedModel(
        "brain_mri", "brain_mri", "model.train.brain_mri.model", takes="pictures", data=(SCANS, WEAK_SCANS, MNIST)
    ),
    ShippedModel(
        "media_cost",
        "media_cost",
        "model.train.tabular.media_cost",
        takes="rows",
        data=("model.train.tabular.campaigns",),
        by_default=False,
    ),
)


def served(first: str = "") -> tuple[str, ...]:
    """Return the names to serve by default; `first`, if given, takes the place of the first model that ships."""
    names = tuple(model.name for model in SHIPPED if model.by_default)
    return (first, *(name for name in names[1:] if name != first)) if first else names


def in_image(first: str = "") -> tuple[str, ...]:
    """Return the names of the bundles in an image: those served by default, then the others that ship."""
    names = served(first)
    return (*names, *(model.name for model in SHIPPED if not model.by_default and model.name not in names))


if __name__ == "__main__":
    print(*in_image(*sys.argv[1:]))

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
        data: Modules of the data sets that its training downloads; see `model.train.DataSet`.
    """

    name: str
    training: str
    trainer: str
    takes: Literal["rows", "pictures"]
    data: tuple[str, ...] = ()

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
)


def served(first: str = "") -> tuple[str, ...]:
    """Return the names to serve by default; `first`, if given, takes the place of the first model that ships."""
    names = tuple(model.name for model in SHIPPED)
    return (first, *(name for name in names[1:] if name != first)) if first else names


if __name__ == "__main__":
    print(*served(*sys.argv[1:]))

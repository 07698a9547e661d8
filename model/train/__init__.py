"""Training: what `model.catalog` expects from the modules that it names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from model.bundle import Bundle
    from model.train.mistakes import TestSet

Log = Callable[[str], None]  # gets one line of progress at a time


class Trainer(Protocol):
    """A module that trains a model."""

    def train(self, output: Path, log: Log, quick: bool = False) -> Bundle:
        """Train and evaluate the model and write its bundle; `quick` only tries whether that works."""


class PictureTrainer(Trainer, Protocol):
    """A module that trains a picture model."""

    def test_set(self) -> TestSet:
        """Return labelled pictures that the model was not fitted on."""


class DataSet(Protocol):
    """A module of a data set."""

    def require(self) -> None:
        """Raise BundleError, within about a second, if the data can neither be read nor downloaded."""

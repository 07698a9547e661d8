"""Which models a load asks, and how many of its users each gets: `breast_model=3,digits=1`. Pure."""

from argparse import ArgumentTypeError
from collections.abc import Mapping

from loadtest.format import listed

TABULAR = "breast_model"
PICTURES = ("digits", "brain_mri")
MODELS = (TABULAR, *PICTURES)
HELP = f"which models to ask, of {', '.join(MODELS)}, and with which shares of the users: {TABULAR}=3,digits=1"


def parse_weights(text: str) -> dict[str, int]:
    """The weight of each model; 1 where none is written. Raises ArgumentTypeError."""
    found: dict[str, int] = {}
    for part in text.split(","):
        name, equals, weight = part.strip().partition("=")
        if name not in MODELS:
            raise ArgumentTypeError(f"There is no load for {name!r}, only for {listed(list(MODELS))}.")
        if name in found:
            raise ArgumentTypeError(f"{name} is named twice.")
        if equals and not (weight.isascii() and weight.isdigit() and int(weight)):
            raise ArgumentTypeError(f"The weight of {name} is a whole number from 1, not {weight!r}.")
        found[name] = int(weight or 1)
    return found


def format_weights(models: Mapping[str, int]) -> str:
    """What `parse_weights` reads: `digits=1`."""
    return ",".join(f"{name}={weight}" for name, weight in models.items())


def describe_weights(models: Mapping[str, int]) -> str:
    """`digits`, or `breast_model (3) and digits (1)` where their weights differ."""
    if len(set(models.values())) == 1:
        return listed(list(models))
    return listed([f"{name} ({weight})" for name, weight in models.items()])

"""A shape that falls within seconds, for Locust's `-f` in the place of `loadtest/staged.py`."""

from loadtest.shapes import SHAPES, Shape, Stage
from loadtest.staged import Staged

__all__ = ["Staged"]
SHAPES["smoke"] = Shape("smoke", "", (Stage("many", 3, 40), Stage("few", 3, 2)))

"""A shape that falls within seconds, for Locust's `-f` in the place of `loadtest/users/stage_shape.py`."""

from loadtest.shapes import SHAPES, Shape, Stage
from loadtest.users.stage_shape import Staged

__all__ = ["Staged"]
SHAPES["smoke"] = Shape("smoke", "", (Stage("many", 3, 40), Stage("few", 3, 2)))

"""A shape that falls within seconds, for Locust's `-f` instead of `loadtest/users/stage_shape.py`."""

from loadtest.shapes import SHAPES, Shape, Stage
from loadtest.users.stage_shape import StageShape

__all__ = ["StageShape"]
SHAPES["smoke"] = Shape("smoke", "", (Stage("many", 3, 40), Stage("few", 3, 2)))

"""Draw glyphs as a hand would: every control point moves a little, and the pen has a random width, slant and wobble."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from model.train.digits.glyphs import Glyph

SIDE = 112  # pixels of the sheet
SHAKE = 0.045  # share of the glyph's height by which each control point moves, one standard deviation
STEPS = 8  # pieces of line between two control points

BASE = 0.3  # share of the ones with a bar below
TICK = 0.3  # share of the sevens whose bar starts with a tick

Grey = NDArray[np.uint8]
Random = np.random.Generator
Points = NDArray[np.float64]  # [points, x and y], from 0 to 1, y down


def points_of(glyph: Glyph) -> list[Points]:
    """Return the strokes of a glyph."""
    return [np.array([[int(digit) for digit in point] for point in stroke.split()], np.float64) / 9 for stroke in glyph]


def drawn(strokes: Sequence[Points], random: Random) -> Grey:
    """Return the strokes, dark on light, [SIDE, SIDE], drawn by a random hand."""
    aspect, slant, turn = random.uniform(0.5, 0.95), random.normal(0, 0.12), random.normal(0, 0.07)
    frame = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.array(
        [[aspect, -slant], [0, 1]]
    )
    shaken = [_shaken(stroke, random) @ frame.T for stroke in strokes]
    low, high = (limit(np.concatenate(shaken), axis=0) for limit in (np.min, np.max))
    height = random.uniform(0.45, 0.85) * SIDE
    scale = height / max(*(high - low), 1e-6)
    width = max(1, round(random.uniform(0.03, 0.17) * height))
    start = random.uniform(width / 2, np.maximum(SIDE - width / 2 - scale * (high - low), width))
    sheet = Image.new("L", (SIDE, SIDE), 255)
    pen = ImageDraw.Draw(sheet)
    for stroke in shaken:
        line = _smooth((stroke - low) * scale + start)
        pen.line([*map(tuple, line)], 0, width, joint="curve")
        for x, y in (line[0], line[-1]):
            pen.circle((x, y), width / 2, 0)
    return np.asarray(sheet)


def one_with_upstroke(random: Random) -> list[Points]:
    """Return a 1 with a flag that rises steeply to its top; a 7 has a level bar there."""
    angle, length = np.deg2rad(random.uniform(35, 65)), random.uniform(0.22, 0.7)
    flag = np.array([0.5 - length * np.cos(angle), length * np.sin(angle)])
    bend = np.array([0.5, 0]) * 0.5 + flag * 0.5 + random.normal(0, 0.03, 2)
    foot = 0.5 + random.normal(0.02, 0.09)
    top = [0.5, 0.0]
    strokes = [np.array([flag, bend, top, top, [(0.5 + foot) / 2, 0.5], [foot, 1.0]])]
    if random.random() < BASE:
        half = random.uniform(0.15, 0.35)
        strokes.append(np.array([[foot - half, 1.0], [foot + half, 1.0]]))
    return strokes


def crossed_seven(random: Random) -> list[Points]:
    """Return a 7 with a bar across its stem, as is usual in Europe."""
    left, corner, foot = random.uniform(0, 0.2), np.array([0.9, random.normal(0, 0.03)]), random.uniform(0.15, 0.6)
    rise = random.uniform(-0.02, 0.12)
    middle = random.uniform(0.4, 0.6)
    stem = corner[0] + (foot - corner[0]) * middle
    half, tilt = random.uniform(0.15, 0.32), random.normal(0.03, 0.05)
    top = np.array([[left, rise], [0.5, rise / 2 + random.normal(0, 0.03)], corner, corner])
    down = np.array([[stem + random.normal(0, 0.03), middle], [foot, 1.0]])
    tick = [_tick(left, rise, random)] if random.random() < TICK else []
    return [
        np.concatenate([*tick, top, down]),
        np.array([[stem - half, middle + tilt], [stem + half, middle - tilt]]),
    ]


def _tick(left: float, top: float, random: Random) -> Points:
    """Return the point below the bar's left end at which the pen starts."""
    return np.array([[left + random.normal(0, 0.02), top + random.uniform(0.08, 0.2)]])


def open_four(random: Random) -> list[Points]:
    """Return a 4 of which the two upper ends do not meet."""
    corner = np.array([random.uniform(0, 0.15), random.uniform(0.5, 0.7)])
    upper = np.array([corner[0] + random.uniform(0, 0.3), random.uniform(0, 0.15)])
    stem, top = random.uniform(0.6, 0.8), random.uniform(0, 0.4)
    stem_foot = stem + random.normal(-0.05, 0.06)
    across = np.array([1.0, corner[1] + random.normal(0, 0.04)])
    return [np.array([upper, (upper + corner) / 2, corner, corner, across]), np.array([[stem, top], [stem_foot, 1.0]])]


def slashed_zero(random: Random) -> list[Points]:
    """Return a 0 with a stroke through it."""
    angles = np.linspace(0, 2 * np.pi, 9) + random.uniform(-2.4, -0.8)
    ring = np.stack([0.5 + 0.5 * np.cos(angles), 0.5 + 0.5 * np.sin(angles)], axis=1)
    reach = random.uniform(0.3, 0.62)
    tilt = np.deg2rad(random.uniform(35, 65))
    slash = reach * np.array([np.cos(tilt), -np.sin(tilt)])
    return [ring, np.array([0.5 - slash, 0.5 + slash])]


UNUSUAL: Mapping[str, tuple[int, Callable[[Random], list[Points]]]] = {
    "one_with_upstroke": (1, one_with_upstroke),
    "crossed_seven": (7, crossed_seven),
    "open_four": (4, open_four),
    "slashed_zero": (0, slashed_zero),
}


def _shaken(stroke: Points, random: Random) -> Points:
    """Move each point; a corner stays one, since points that coincide move together."""
    places, index = np.unique(stroke, axis=0, return_inverse=True)
    moved: Points = places + random.normal(0, SHAKE, places.shape)
    return moved[index.ravel()]


def _smooth(points: Points) -> Points:
    """Return a Catmull-Rom spline through the points; a point that occurs twice in a row is a corner."""
    padded = np.concatenate([points[:1], points, points[-1:]])
    share = np.linspace(0, 1, STEPS, endpoint=False)[:, np.newaxis]
    pieces = []
    for before, first, second, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        if (first == second).all():
            continue
        bends = 2 * before - 5 * first + 4 * second - after, 3 * (first - second) + after - before
        pieces.append(first + share * ((second - before) + share * (bends[0] + share * bends[1])) / 2)
    return np.concatenate([*pieces, points[-1:]])

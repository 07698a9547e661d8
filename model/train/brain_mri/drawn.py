"""Drawn examples: healthy scans with a drawn lesion, and pictures of other kinds made from scans, such as CT.

The healthy scans come from other collections than most tumours, so that a network can learn the collection. Lesions
drawn into them are tumours in the collections of the healthy. CT shows the same head with a white skull and hardly any
contrast in the brain; the network learns that it is no scan of the four classes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage  # type: ignore[import-untyped]

Grey = NDArray[np.uint8]
Field = NDArray[np.float32]

# Lesions. Lengths are shares of the side, or of the radius where it says so.
RADIUS = 0.05, 0.2
FARTHEST = 0.26  # of the centre from the picture's middle
RAGGED = 0.35  # how much the radius differs by direction
CONTRAST = 0.3, 0.8  # how far the grey goes to white or black
BRIGHT = 0.75  # share of the lesions that are brighter than what is around them
RING = 0.35  # share with a dark middle
EDGE = 0.18  # width of the soft edge, of the radius

# CT.
HEAD = 24  # grey above which a pixel belongs to the head
SCALP, SKULL = (0.0, 0.03), (0.012, 0.09)  # thickness
BRAIN = 30, 165  # grey of the brain
BONES = 0.25  # share of the scans that are low slices
DENSE, HOLLOW = 0.45, -0.6  # of smooth noise, above and below which these have bone and air
TABLE = 0.6  # share of the scans with a table or a head rest
GRAIN = 14  # highest standard deviation of the noise in the brain
FAINT = 0.02, 0.6  # contrast in the brain, of the scan's
MARGIN = 0.55, 1.0  # the head's share of the picture: CT often shows what lies around it


def with_lesion(scan: Grey, random: np.random.Generator) -> Grey:
    """Return a scan [side, side] with a lesion."""
    side = len(scan)
    rows, columns = np.mgrid[0:side, 0:side] / side - 0.5
    angle, distance = random.uniform(0, 2 * np.pi), random.uniform(0.05, FARTHEST)
    down, right = rows - distance * np.sin(angle), columns - distance * np.cos(angle)
    radius = random.uniform(*RADIUS) * (1 + RAGGED * _smooth(random, side, 5))
    stretch = np.exp(random.uniform(-0.3, 0.3))
    depth = 1 - np.hypot(down * stretch, right / stretch) / radius  # 0 at the edge, 1 in the middle
    inside = np.clip(depth / EDGE + 0.5, 0, 1)
    amount = random.uniform(*CONTRAST) * (1 + 0.35 * _smooth(random, side, 12))
    target = 255.0 if random.random() < BRIGHT else 0.0
    grey = scan + inside * amount * (target - scan)
    if random.random() < RING:
        core = np.clip((depth - random.uniform(0.25, 0.5)) / EDGE + 0.5, 0, 1)
        grey += core * random.uniform(0.4, 0.9) * (scan * random.uniform(0.3, 0.8) - grey)
    return np.asarray(np.clip(grey, 0, 255), np.uint8)


def as_ct(scan: Grey, random: np.random.Generator) -> Grey:
    """Return a picture like a CT scan of the same head [side, side]."""
    side = len(scan)
    head = ndimage.binary_fill_holes(ndimage.binary_closing(scan > HEAD, iterations=3))
    depth = ndimage.distance_transform_edt(head) / side
    scalp = random.uniform(*SCALP)
    skull = scalp + random.uniform(*SKULL) * (1 + 0.5 * _smooth(random, side, 6))
    level = random.uniform(*BRAIN)
    texture = ndimage.gaussian_filter(scan.astype(np.float32), random.uniform(0.5, 2))
    texture = (texture - texture[head].mean() if head.any() else texture) * random.uniform(*FAINT)
    texture *= random.choice((-1, 1))
    brain = level + texture + random.normal(0, random.uniform(0, GRAIN), scan.shape)
    grey = np.where(depth > skull, brain, random.uniform(190, 255))
    grey = np.where(depth <= scalp, random.uniform(20, 130), grey)
    if random.random() < BONES:  # low slices: bright bones and black air among grey tissue
        field = _smooth(random, side, 14)
        grey = np.where(field > DENSE, 255, np.where(field < HOLLOW, 0, grey))
    grey = np.where(head, grey, random.uniform(0, 20))
    return _shrunk(np.clip(grey, 0, 255).astype(np.uint8), random.uniform(*MARGIN), random)


def _shrunk(picture: Grey, share: float, random: np.random.Generator) -> Grey:
    """Return the picture in black surroundings, of which a table or a head rest may be a bright arc."""
    side = len(picture)
    inner = round(share * side)
    whole = np.zeros_like(picture)
    start = (side - inner) // 2
    small = Image.fromarray(picture).resize((inner, inner), Image.Resampling.BILINEAR)
    whole[start : start + inner, start : start + inner] = np.asarray(small)
    rows, columns = np.mgrid[0:side, 0:side] / side - 0.5
    distance = np.hypot(rows, columns)
    radius, middle = random.uniform(share / 2, 0.6), random.uniform(0.1, 0.5)
    arc = (np.abs(distance - radius) < random.uniform(0.004, 0.015)) & (rows > middle * 0.5) & (whole == 0)
    return np.where(arc & (random.random() < TABLE), 200, whole).astype(np.uint8)


def _smooth(random: np.random.Generator, side: int, points: int) -> Field:
    """Return smooth noise [side, side], about -1 to 1."""
    coarse = Image.fromarray(random.uniform(-1, 1, (points, points)).astype(np.float32))
    return np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC))

"""Hyperparameters of the brain MRI model: its network, the augmentation of its scans, and its fit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.train.brain_mri.contrast import recontrasted
from model.train.brain_mri.data import CLASSES
from model.train.brain_mri.drawn import as_ct, with_lesion
from model.train.brain_mri.weak import MEANINGS, NO_TUMOUR, TUMOUR
from model.train.picture.augment import Augmentation
from model.train.picture.continued import continued
from model.train.picture.design import Additions, Design
from model.train.picture.fit import Pictures, Recipe
from model.train.picture.fitted import Examples
from model.train.picture.network import nn, torch, untrained
from model.train.picture.weak_labels import weak_cross_entropy

CHANNELS = (16, 48, 96, 192)
STEM, STRIDE = 5, 2  # kernel size and stride of the first convolution, in pixels
DROPOUT = 0.2

ROTATE_AND_BEND = Augmentation(rotate=20, shift=0.06, scale=0.16, warp=0.02, gamma=0.45, mirror=True)
# The classes come from different sources, so the traces of a source (resolution, noise, contrast) must say nothing.
MATCHED, CURVED, BIASED = 0.15, 0.3, 0.3  # shares of the scans with other greys
COARSEST, FINEST = 0.35, 0.9  # share of the resolution that a quarter of each batch keeps
NOISE = 0.06  # highest standard deviation, on another quarter
CONTRAST = 0.25  # greys are multiplied by e^-0.25 to e^0.25
BRIGHTNESS = 0.06  # up to this much is added or subtracted


def coarse_network(seed: int, classes: int = len(CLASSES)) -> Any:
    """Return the network of `untrained` with a coarser first convolution that covers a larger area."""
    network = untrained(CHANNELS, classes, seed, DROPOUT)
    features, _ = network
    features[0] = nn.Conv2d(1, CHANNELS[0], STEM, stride=STRIDE, padding=STEM // 2, bias=False)
    return network.to(memory_format=torch.channels_last)


def augment(pictures: Any) -> Any:
    """Return scans [n, 1, height, width] as another scanner, position or file would have shown them."""
    return _rescanned(ROTATE_AND_BEND(pictures))


def augment_greys(pictures: Any) -> Any:
    """Augment scans as `augment` does, and give some of them the contrast of another collection or sequence."""
    return _rescanned(recontrasted(ROTATE_AND_BEND(pictures), MATCHED, CURVED, BIASED))


def _rescanned(pictures: Any) -> Any:
    quarter = len(pictures) // 4
    coarse, noisy, rest = pictures[:quarter], pictures[quarter : 2 * quarter], pictures[2 * quarter :]
    if quarter:
        coarse = _coarse(coarse)
        noisy = noisy + torch.randn_like(noisy) * torch.rand(quarter, 1, 1, 1) * NOISE
    pictures = torch.cat([coarse, noisy, rest])
    return (pictures * torch.exp(_draw(pictures) * CONTRAST) + _draw(pictures) * BRIGHTNESS).clamp(0, 1)


def _coarse(pictures: Any) -> Any:
    side = pictures.shape[-1]
    share = COARSEST + (FINEST - COARSEST) * float(torch.rand(()))
    small = nn.functional.interpolate(pictures, size=2 * [round(share * side)], mode="bilinear", antialias=True)
    return nn.functional.interpolate(small, size=2 * [side], mode="bilinear")


def _draw(pictures: Any) -> Any:
    """Draw one number for each picture, uniformly from -1 to 1."""
    return torch.rand(len(pictures), 1, 1, 1) * 2 - 1


# First the four classes, as the data set has them ...
FIRST = Design(
    untrained=coarse_network,
    augment=augment,
    recipe=Recipe(epochs=60, learning_rate=0.1, batch=64, label_smoothing=0.05),
    quick=Recipe(epochs=1, learning_rate=0.05, batch=16),
    mirrored=True,
    unscored=CHANNELS[-1],
)
# ... then with weak labels, other contrasts and drawn examples, which would be too hard to begin with.
SECOND = Recipe(epochs=20, learning_rate=0.015, batch=64, label_smoothing=0.05, decay=0.998)
LESIONS, CT = 2, 8  # a lesion is drawn into every second scan without a tumour, and CT made of every eighth scan


def second(graph: bytes, pictures: Pictures) -> Design:
    """Return the design of the second fit.

    Args:
        graph: The exported graph of the first fit, from whose weights this one starts.
        pictures: Training pictures, from which the statistics of the normalisations are taken.
    """
    return replace(
        FIRST,
        untrained=lambda seed: continued(coarse_network(seed, len(CLASSES) + 1), graph, pictures),
        augment=augment_greys,
        recipe=SECOND,
        loss=weak_cross_entropy(MEANINGS, len(CLASSES) + 1),
    )


def additions(train: Examples, ct: NDArray[np.bool_]) -> Additions:
    """Return the drawn examples, and the scans without a tumour a second time: there are fewer of them.

    Args:
        train: The scans.
        ct: Which of these are CT.
    """
    random = np.random.default_rng(0)
    scans, targets = train
    healthy = scans[targets == NO_TUMOUR]  # with CT: docs/pictures.md says what leaving it out costs
    lesions = [with_lesion(scan, random) for scan in healthy[::LESIONS]]
    examples = np.stack([*healthy, *lesions]), np.repeat([NO_TUMOUR, TUMOUR], [len(healthy), len(lesions)])
    return Additions(examples, np.stack([as_ct(scan, random) for scan in scans[::CT]]), ct)

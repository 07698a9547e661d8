"""How good the digits model is on other pictures than MNIST's, as it is served: prepare → graph → figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.image import digit
from model.image.decode import read_image
from model.train.digits import variants
from model.train.metrics import Figures
from model.train.picture.evaluate import Answers, Ask, milliseconds, share, warned

COPIED = 20  # every so many test images are also asked about as copies
BATCH = 100  # images, for the time that one of many takes

Grey = NDArray[np.uint8]


def robustness(ask: Ask, images: Grey, labels: NDArray[np.int64], strange_above: float) -> dict[str, Figures]:
    """How often the same digits are recognised in other pictures, and how often these are called strange."""
    copied, known = images[::COPIED], labels[::COPIED]
    forms = {name: (pictures, known) for name, pictures in variants.copies(copied).items()}
    return {
        name: {
            "pictures": len(truth),
            "accuracy": share((answers := ask(prepared(pictures))).labels == truth),
            "warned": share(answers.strangeness > strange_above),
        }
        for name, (pictures, truth) in (forms | {"printed": variants.printed()}).items()
    }


def strange(ask: Ask, strange_above: float, answers: Answers, scans: Sequence[bytes]) -> dict[str, Figures]:
    """Of the test images and of what is no digit, the share that is called strange; the scans are files."""
    shares = {"test_images": warned(answers.strangeness, strange_above)}
    for name, pictures in variants.strangers([read_image(scan)[0] for scan in scans]).items():
        shares[name] = warned(ask(prepared(pictures)).strangeness, strange_above)
    return shares


def prepared(pictures: Sequence[Grey]) -> NDArray[np.float32]:
    return np.stack([digit.prepare(picture)[0] for picture in pictures])


def times(ask: Ask, images: Grey) -> Figures:
    """Of one picture on one core."""
    one, many, photograph = images[:1] / 255, images[:BATCH] / 255, variants.copies(images[:1])["photograph"][0]
    return {
        "graph": milliseconds(lambda: ask(one)),
        "graph_among_100": round(milliseconds(lambda: ask(many)) / len(many), 3),
        "prepare_a_photograph": milliseconds(lambda: digit.prepare(photograph)),
    }

"""The handwritten digits that are sent: 1,000 test images of MNIST ship with the project, the rest is fetched.

`test_images.npz` holds 100 of the 10,000 test images for each digit: of that digit's images, in the order of the test
set, the ones at `np.linspace(0, count - 1, 100)`, rounded down. The 1,000 chosen stay in the order of the test set.
`tests/loadtest/digits/test_images.py` derives the file again from the full set.

Source: Y. LeCun, C. Cortes and C. J. C. Burges, The MNIST database of handwritten digits, made from NIST Special
Databases 1 and 3. The files themselves carry no licence; Keras, which redistributes them, states CC BY-SA 3.0
(https://keras.io/api/datasets/mnist/).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.train import datasets

FILE = Path(__file__).with_name("test_images.npz")
SHIPPED = 1_000
ALL = 10_000


@dataclass(frozen=True)
class LabelledImages:
    """Digits with their true classes.

    Attributes:
        images: [n, 28, 28], 0 (black) to 255 (white).
        labels: [n], 0 to 9.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def spread(self, count: int) -> "LabelledImages":
        """Return `count` of the images, spread evenly from the first to the last."""
        chosen = np.linspace(0, len(self.labels) - 1, count).astype(int)
        return LabelledImages(self.images[chosen], self.labels[chosen])


def shipped() -> LabelledImages:
    """Read the 1,000 images that ship with the project; needs no network."""
    with np.load(FILE) as arrays:
        return LabelledImages(arrays["images"], arrays["labels"])


def choose(count: int) -> LabelledImages:
    """Return `count` test images: from the shipped ones if they are enough, otherwise from the full test set.

    Raises:
        ValueError: there are fewer images than that, or the full set cannot be fetched.
    """
    if count <= SHIPPED:
        return shipped().spread(count)
    if count > ALL:
        raise ValueError(f"MNIST has {ALL:,} test images: -n can be at most {ALL}, not {count}.")
    source = datasets.mirror() or datasets.MNIST
    print(f"{SHIPPED:,} images ship with the project. Reading the full MNIST set from {source} …", flush=True)
    mnist = datasets.mnist()
    return LabelledImages(mnist.test_images, mnist.test_labels.astype(np.uint8)).spread(count)

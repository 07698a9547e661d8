"""Networks, the options they are bundled with, and what their training does with a picture, written out again here."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from PIL import Image

from tests.model.bring import networks
from tests.model.image.test_resize import photograph, torchvision_crop
from tests.server.pictures.images import written

Array = NDArray[Any]
IMAGENET = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)

PICTURES = [photograph(*size) for size in ((90, 70), (64, 64), (50, 81), (200, 150))]
FILES = [written(picture, form) for picture, form in zip(PICTURES, ("PNG", "JPEG", "PNG", "JPEG"), strict=True)]
DECODED = [Image.open(io.BytesIO(file)) for file in FILES]


@dataclass(frozen=True)
class Case:
    """A network, the options it is bundled with, and what its training does with a picture.

    Attributes:
        prepare: Pillow's picture → the model's input as /v2 takes it, from 0 to 255.
        trained: That → the numbers that the network takes, without the batch's axis.
        probabilities: The network's scores → probabilities.
    """

    network: Callable[[], bytes]
    options: tuple[str, ...]
    prepare: Callable[[Image.Image], Array]
    trained: Callable[[Array], Array]
    probabilities: Callable[[Array], Array] = np.asarray


def stretched(side: int, resample: Image.Resampling, mode: str = "RGB") -> Callable[[Image.Image], Array]:
    return lambda picture: np.asarray(picture.convert(mode).resize((side, side), resample), np.float32)


CASES = {
    "resnet": Case(
        networks.resnet,
        ("--preprocess", "torchvision", "--labels", "oak,elm,ash,fir,yew"),
        lambda picture: torchvision_crop(picture, 73, 64, Image.Resampling.BILINEAR).astype(np.float32),
        lambda levels: ((levels / np.float32(255) - IMAGENET[0]) / IMAGENET[1]).transpose(2, 0, 1),
        networks.softmax,
    ),
    "mobilenet": Case(
        networks.mobilenet,
        ("--preprocess", "stretch", "--mean", "0.5", "--std", "0.5"),
        stretched(32, Image.Resampling.BILINEAR),
        lambda levels: (levels / np.float32(127.5) - 1).transpose(2, 0, 1),
    ),
    "keras": Case(
        lambda: networks.network().SerializeToString(),
        ("--preprocess", "keras-tf"),
        stretched(16, Image.Resampling.NEAREST),
        lambda levels: levels / np.float32(127.5) - 1,
    ),
    "caffe": Case(
        lambda: networks.network(("n", None, None, 3)).SerializeToString(),
        ("--preprocess", "keras-caffe", "--size", "20"),
        stretched(20, Image.Resampling.NEAREST),
        lambda levels: levels[:, :, ::-1] - np.array([103.939, 116.779, 123.68], np.float32),
    ),
    "bytes": Case(
        lambda: networks.network((1, 24, 24, 3), dtype=TensorProto.UINT8).SerializeToString(),
        (),
        stretched(24, Image.Resampling.NEAREST),
        lambda levels: levels.astype(np.uint8),
    ),
    "digits8": Case(
        lambda: networks.digits_pipeline()[1],
        ("--size", "8", "--mean", "0", "--std", "0.0625"),
        stretched(8, Image.Resampling.BILINEAR, "L"),
        lambda levels: (levels / np.float32(255) * 16).reshape(64),
    ),
}

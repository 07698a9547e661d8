"""Conventions of preparing pictures for a network, as the libraries that people train with define them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from model.bundle import BundleError
from model.task import Resize

# torchvision's presets and timm's default scale the shorter side to 256 pixels for a network of 224.
CROPPED = 224 / 256

_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

Method = Literal["nearest", "linear", "bilinear", "bicubic"]


@dataclass(frozen=True)
class Numbers:
    """The numbers that a network takes: (white · pixel - mean) / std, with pixels from 0 to 1.

    Attributes:
        white: 1 or 255.
        mean: Of each channel in the order in which the network takes them, or one for all.
        std: Likewise.
    """

    white: Literal[1, 255]
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)


@dataclass(frozen=True)
class Preprocessing:
    """How a library prepares pictures.

    Attributes:
        method: See `model.task.Resize`.
        crop: Whether the middle is cut out.
        numbers: None if each user of the library chooses them.
        bgr: Whether the network takes blue, green and red, in this order.
    """

    method: Method
    crop: bool
    numbers: Numbers | None = None
    bgr: bool = False


PREPROCESSING: Mapping[str, Preprocessing] = {
    # torchvision.transforms: Resize, CenterCrop, ToTensor, Normalize, as the presets of its classifiers have them.
    "torchvision": Preprocessing("bilinear", crop=True, numbers=Numbers(1, _IMAGENET_MEAN, _IMAGENET_STD)),
    # timm.data.create_transform with the default configuration.
    "timm": Preprocessing("bicubic", crop=True, numbers=Numbers(1, _IMAGENET_MEAN, _IMAGENET_STD)),
    # Resize((height, width)) and ToTensor, which many people write for pictures of their own.
    "stretch": Preprocessing("bilinear", crop=False),
    # keras.utils.load_img, for networks that take 0 to 255: EfficientNet, or one with a layer Rescaling.
    "keras": Preprocessing("nearest", crop=False, numbers=Numbers(255)),
    # preprocess_input of MobileNet, Inception, Xception and ResNetV2 (mode "tf").
    "keras-tf": Preprocessing("nearest", crop=False, numbers=Numbers(1, (0.5,), (0.5,))),
    # preprocess_input of VGG and ResNet (mode "caffe").
    "keras-caffe": Preprocessing("nearest", False, Numbers(255, (103.939, 116.779, 123.68)), bgr=True),
    # keras.utils.image_dataset_from_directory.
    "keras-dataset": Preprocessing("linear", crop=False, numbers=Numbers(255)),
    # cv2.imread and cv2.resize.
    "opencv": Preprocessing("linear", crop=False, bgr=True),
}


def resize_of(preprocessing: Preprocessing, height: int, width: int, shorter: int) -> Resize:
    """Return the resizing to a size; `shorter` of 0 is the library's default. Raises BundleError."""
    if preprocessing.crop:
        shorter = shorter or int(max(height, width) / CROPPED)
        if shorter < max(height, width):
            raise BundleError(f"--resize is {shorter}, but {height} × {width} pixels must be cut out of the picture.")
        return Resize(preprocessing.method, shorter)
    if shorter:
        raise BundleError("--resize scales a picture that is then cropped. It needs --preprocess torchvision or timm.")
    return Resize(preprocessing.method)


def numbers_given(mean: Sequence[float], std: Sequence[float]) -> Numbers:
    """Return what --mean and --std say: of pixels from 0 to 1, or if any number is above 1, from 0 to 255."""
    if not all(map(math.isfinite, (*mean, *std))) or any(value <= 0 for value in std):
        raise BundleError("--mean and --std must be numbers, and those of --std above 0.")
    return Numbers(255 if max(*mean, *std) > 1 else 1, tuple(mean), tuple(std))

"""The conventions are those of the libraries themselves: torchvision, timm, Keras and OpenCV, installed for this."""

import json
import os
import subprocess
import sys
import sysconfig
from typing import Any

import numpy as np
import pytest

from model.bring.network_check import as_trained
from model.bring.network_input import NetworkInput
from model.bring.preprocessing import PREPROCESSING, Numbers, resize_of
from model.image.resize import resized
from tests.model.image.test_resize import photograph

pytestmark = [pytest.mark.network, pytest.mark.slow]

SIZES = [(640, 427), (427, 640), (333, 500), (224, 224), (100, 75), (31, 700)]
SIDE = 224

# What these packages need besides PyTorch, NumPy and Pillow; timm works without the hub.
PACKAGES = ["torchvision", "timm", "huggingface_hub", "safetensors", "opencv-python-headless"]
OF_KERAS = ["keras", "absl-py", "namex", "h5py", "optree", "ml_dtypes", "rich"]

PROGRAM = """
import glob, json, os, sys
import cv2, keras, numpy, torch
from keras.src.applications.imagenet_utils import preprocess_input
from PIL import Image
from timm.data import create_transform, resolve_data_config
from torchvision import transforms

side, found = 224, {}
mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
torchvision = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(side), transforms.ToTensor(),
                                  transforms.Normalize(mean, std)])
timm = create_transform(**resolve_data_config({"input_size": (3, side, side)}))
stretch = transforms.Compose([transforms.Resize((side, side)), transforms.ToTensor()])
for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.png"))):
    picture = Image.open(path)
    for name, transform in (("torchvision", torchvision), ("timm", timm), ("stretch", stretch)):
        found.setdefault(name, []).append(transform(picture).numpy())
    loaded = keras.utils.img_to_array(keras.utils.load_img(path, target_size=(side, side)))
    found.setdefault("keras", []).append(loaded)
    for mode in ("tf", "caffe"):
        found.setdefault(f"keras-{mode}", []).append(
            preprocess_input(loaded.copy(), data_format="channels_last", mode=mode))
    whole = numpy.asarray(picture, numpy.float32)
    resized = keras.ops.image.resize(whole, (side, side), interpolation="bilinear", data_format="channels_last")
    found.setdefault("keras-dataset", []).append(numpy.asarray(resized))
    found.setdefault("opencv", []).append(cv2.resize(cv2.imread(path), (side, side)))
numpy.savez(sys.argv[2], **found)
"""


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What each library makes of photographs of SIZES, by the name of the convention: [n, *axes of the network]."""
    root = tmp_path_factory.mktemp("libraries")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(root / "packages")]
    subprocess.run([*install, *PACKAGES, *OF_KERAS], check=True)
    for index, size in enumerate(SIZES):
        photograph(*size).save(root / f"{index}.png")
    (root / "keras").mkdir()
    (root / "keras" / "keras.json").write_text(json.dumps({"backend": "torch", "image_data_format": "channels_last"}))
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(root / "packages"), sysconfig.get_path("purelib")]),
        "KERAS_HOME": str(root / "keras"),
        "KERAS_BACKEND": "torch",
    }
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(root), str(root / "theirs.npz")]
    subprocess.run(command, check=True, env=environment, cwd=root)
    return np.load(root / "theirs.npz")


@pytest.mark.parametrize("name", PREPROCESSING)
def test_preprocessing_is_the_librarys_within_one_grey_level(name: str, theirs: Any) -> None:
    convention = PREPROCESSING[name]
    numbers = convention.numbers or Numbers(255 if name == "opencv" else 1)
    layout: Any = "NHWC" if name.startswith(("keras", "opencv")) else "NCHW"
    taken = NetworkInput("input", np.dtype(np.float32), layout, False, SIDE, SIDE, 3, False)
    for size, expected in zip(SIZES, theirs[name], strict=True):
        pictures = resized(photograph(*size), resize_of(convention, SIDE, SIDE, 0), SIDE, SIDE)[None]
        given = as_trained(pictures, taken, numbers, convention.bgr)[0]
        assert np.abs(given - expected).max() <= 1.001 * numbers.white / 255 / min(numbers.std)

"""The options of `python -m model bundle` for a network, beside those of any model."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from model.bring import network_labels
from model.bring.network_request import NetworkRequest
from model.bring.preprocessing import PREPROCESSING
from model.bundle import Bundle, BundleError
from model.catalog import BUNDLES

SUFFIX = ".onnx"

OWN = ("preprocess", "size", "resize", "layout", "mean", "std", "samples", "subject")  # for a network only


def add_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("options for an ONNX network that classifies pictures")
    group.add_argument("--samples", type=Path, metavar="FOLDER", help="JPEG and PNG files like its training pictures")
    group.add_argument("--preprocess", choices=[*PREPROCESSING], help="how its training prepared pictures")
    group.add_argument("--size", type=_size, metavar="224 or HxW", help="height and width in pixels")
    group.add_argument("--resize", type=_pixels, metavar="PIXELS", help="the shorter side before the middle is cut out")
    group.add_argument("--layout", choices=["NCHW", "NHWC"], help="the order of the axes, if its shape does not say it")
    group.add_argument(
        "--mean", type=_numbers, metavar="R,G,B", help="of pixels from 0 to 1; from 0 to 255 if any number is above 1"
    )
    group.add_argument(
        "--std", type=_numbers, metavar="R,G,B", help="what they are divided by after that; one number is for all"
    )
    group.add_argument("--subject", help='what pictures should show, such as "a flower"')


def is_network(arguments: argparse.Namespace) -> bool:
    return bool(arguments.pipeline.suffix.lower() == SUFFIX)


def refuse_for_pipeline(arguments: argparse.Namespace) -> None:
    """Refuse options that are for networks only. Raises BundleError."""
    for name in OWN:
        if getattr(arguments, name) is not None:
            raise BundleError(f"--{name} is for a network in an .onnx file. Leave it out for {arguments.pipeline}.")


def bundle(arguments: argparse.Namespace) -> Bundle:
    """Bundle the network that the command names. Raises BundleError."""
    for name in ("data", "target", "encoder", "trust"):
        if getattr(arguments, name):
            raise BundleError(
                f"--{name} is for a pipeline of rows. Give a network sample pictures with --samples, or leave it out."
            )
    from model.bring import network  # noqa: PLC0415 (onnxruntime takes a quarter of a second)

    return network.bundle(
        NetworkRequest(
            network=arguments.pipeline,
            name=arguments.name,
            output=arguments.output or BUNDLES / arguments.name,
            title=arguments.title,
            version=arguments.version,
            labels=network_labels.read(arguments.labels or ""),
            subject=arguments.subject or "",
            samples=arguments.samples,
            preprocess=arguments.preprocess or "",
            size=arguments.size,
            shorter=arguments.resize or 0,
            layout=arguments.layout,
            mean=arguments.mean or (),
            std=arguments.std or (),
        )
    )


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,4})(?:[x×](\d{1,4}))?", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write 224, or height and width as 192x256")
    return int(found[1]), int(found[2] or found[1])


def _pixels(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,3}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of pixels; write 256")
    return int(text)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in re.split(r"[,\s]+", text.strip()))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} must be numbers between commas") from None

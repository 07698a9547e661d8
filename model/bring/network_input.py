"""Understands what picture a network takes, from its input and from what the command was told."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import onnx
from onnx import TensorProto

from model.bring.network_request import Layout, Size
from model.bundle import BundleError

MOST_PIXELS = 1024  # per side, 12 MB of FP32 in colour

Channels = Literal[1, 3, 4]

DTYPES = {
    TensorProto.FLOAT: np.dtype(np.float32),
    TensorProto.FLOAT16: np.dtype(np.float16),
    TensorProto.DOUBLE: np.dtype(np.float64),
    TensorProto.UINT8: np.dtype(np.uint8),
}
_BATCH = 4  # axes of a batch of pictures
_ROWS = 2  # axes of a batch of pictures as rows of numbers

_ROWS_INSTEAD = (
    "It seems to take rows, not pictures. Bring the fitted pipeline itself, as a joblib or pickle file with --data"
)


@dataclass(frozen=True)
class NetworkInput:
    """The one input of a network.

    Attributes:
        name: In its graph.
        dtype: Of its numbers.
        layout: The order of its axes; of flat pictures, the order in which their numbers follow each other.
        flat: Whether it takes pictures as rows of numbers.
        height: In pixels.
        width: In pixels.
        channels: 1 is grey, 3 and 4 are colours.
        one_by_one: Whether it takes only one picture per run.
    """

    name: str
    dtype: Any
    layout: Layout
    flat: bool
    height: int
    width: int
    channels: Channels
    one_by_one: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one picture as the network takes it."""
        if self.flat:
            return (self.height * self.width * self.channels,)
        if self.layout == "NCHW":
            return self.channels, self.height, self.width
        return self.height, self.width, self.channels


def understand(model: onnx.ModelProto, size: Size | None, layout: Layout | None) -> NetworkInput:
    """Return the input of a network. Raises BundleError, whose sentence says which option is missing."""
    node = _only_input(model)
    kind = node.type.tensor_type
    if kind.elem_type not in DTYPES:
        name = TensorProto.DataType.Name(kind.elem_type) if kind.elem_type else "no tensor"
        raise BundleError(f"The network takes {name}; only FLOAT and UINT8 can be pictures. {_ROWS_INSTEAD}.")
    if not kind.HasField("shape"):
        raise BundleError("The network does not say what shape its input has. Export it with the shape.")
    batch, *axes = [axis.dim_value if axis.dim_value > 0 else None for axis in kind.shape.dim] or [None]
    if len(axes) + 1 == _ROWS:
        found, chosen, channels = _flat(axes[0], size, layout)
    elif len(axes) + 1 == _BATCH:
        found, chosen, channels = _picture(axes, size, layout)
    else:
        raise BundleError(
            f"The network takes {_shown([batch, *axes])}. A batch of pictures has 4 axes, such as [n, 3, 224, 224]."
        )
    if batch not in (None, 1):
        raise BundleError(f"The network takes exactly {batch} pictures at once. Export it for one, or for any number.")
    if max(found) > MOST_PIXELS:
        raise BundleError(f"The network takes {found[0]} × {found[1]} pixels; the limit is {MOST_PIXELS} per side.")
    return NetworkInput(
        node.name, DTYPES[kind.elem_type], chosen, len(axes) + 1 == _ROWS, *found, channels, one_by_one=batch == 1
    )


def _only_input(model: onnx.ModelProto) -> Any:
    weights = {tensor.name for tensor in model.graph.initializer}  # old exporters list them among the inputs
    inputs = [node for node in model.graph.input if node.name not in weights]
    if len(inputs) != 1:
        names = ", ".join(node.name for node in inputs[:3])
        raise BundleError(
            f"The network has {len(inputs)} inputs ({names}{', …' if len(inputs) > 3 else ''}), but a picture is one. "  # noqa: PLR2004
            f"{_ROWS_INSTEAD}."
        )
    return inputs[0]


def _picture(axes: list[int | None], size: Size | None, layout: Layout | None) -> tuple[Size, Layout, Channels]:
    first, last = axes[0], axes[2]
    counts: dict[Layout, int | None] = {"NCHW": first, "NHWC": last}
    possible = [name for name, count in counts.items() if count in (1, 3, 4)]
    if layout is None and len(possible) != 1:
        raise BundleError(
            f"The network takes {_shown([None, *axes])}, which does not say where the channels are. "
            "Say --layout NCHW if they come before height and width, or --layout NHWC."
        )
    chosen = layout or possible[0]
    if chosen not in possible:
        raise BundleError(
            f"In {chosen} the network would take {first if chosen == 'NCHW' else last} channels, because its input is "
            f"{_shown([None, *axes])}. A picture has 1, 3 or 4."
        )
    channels = first if chosen == "NCHW" else last
    height, width = axes[1:] if chosen == "NCHW" else axes[:2]
    return _agreed(height, width, size), chosen, channels  # type: ignore[return-value]


def _agreed(height: int | None, width: int | None, size: Size | None) -> Size:
    if size is None:
        if height is None or width is None:
            raise BundleError("The network takes pictures of any size. Say which, as in --size 224 or --size 192x256.")
        return height, width
    if height not in (None, size[0]) or width not in (None, size[1]):
        raise BundleError(f"The network takes {height} × {width} pixels, but --size says {size[0]} × {size[1]}.")
    return size


def _flat(numbers: int | None, size: Size | None, layout: Layout | None) -> tuple[Size, Layout, Channels]:
    if size is None:
        side = math.isqrt(numbers or 0)
        example = side if side and side**2 == numbers else 8
        raise BundleError(
            f"The model takes rows of {numbers or 'any number of'} numbers. {_ROWS_INSTEAD}. If they are the pixels "
            f"of a picture, say its size, as in --size {example}."
        )
    channels = 1 if numbers is None else numbers / math.prod(size)
    if channels not in (1, 3, 4):
        raise BundleError(
            f"The model takes rows of {numbers} numbers, but --size says {size[0]} × {size[1]} pixels of 1, 3 or 4."
        )
    return size, layout or "NHWC", int(channels)  # type: ignore[return-value]


def _shown(axes: list[int | None]) -> str:
    return "[" + ", ".join("n" if axis is None else str(axis) for axis in axes) + "]"

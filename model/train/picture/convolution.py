"""A convolution and the batch normalisation after it, as the one Conv of ONNX that answers the same."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from model.train.picture.pytorch import nn, torch

Array = NDArray[Any]


def folded(convolution: Any, normalisation: Any) -> tuple[Array, Array]:
    """Weight and bias of both in one. Raises TypeError where what follows the convolution cannot be in it."""
    if not _fixed(normalisation):
        raise TypeError(
            f"{convolution} is followed by {normalisation or 'nothing'}, "
            "not by a batch normalisation with weights and running statistics."
        )
    scale = normalisation.weight / (normalisation.running_var + normalisation.eps).sqrt()
    weight = convolution.weight * scale[:, None, None, None]
    before = torch.zeros(()) if convolution.bias is None else convolution.bias
    bias = normalisation.bias + (before - normalisation.running_mean) * scale
    return weight.detach().numpy(), bias.detach().numpy()


def attributes(convolution: Any) -> dict[str, Any]:
    """Those of the Conv; what ONNX takes anyhow is not written. Raises TypeError where ONNX has no word for it."""
    if isinstance(convolution.padding, str) or convolution.padding_mode != "zeros":
        raise TypeError(f"The padding of {convolution} cannot be written; only zeros by number of pixels can.")
    given = {"strides": [*convolution.stride], "dilations": [*convolution.dilation], "group": convolution.groups}
    usual = {"strides": [1, 1], "dilations": [1, 1], "group": 1}
    return {"pads": 2 * [*convolution.padding]} | {name: value for name, value in given.items() if value != usual[name]}


def _fixed(layer: Any) -> bool:
    """Whether it is a normalisation of which all is known once the network is fitted."""
    return isinstance(layer, nn.BatchNorm2d) and None not in (layer.weight, layer.bias, layer.running_mean)

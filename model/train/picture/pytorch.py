"""PyTorch, where it is installed; else a sentence that says how."""

from model.bundle import BundleError

try:
    import torch
    from torch import nn
except ImportError as error:
    raise BundleError(
        "Training on pictures needs PyTorch: pip install --require-hashes -r requirements-train.lock"
    ) from error

__all__ = ["nn", "torch"]

torch.use_deterministic_algorithms(True)

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

# So that a fit comes out the same: more threads sum up in another order.
torch.use_deterministic_algorithms(True)
torch.set_num_threads(1)

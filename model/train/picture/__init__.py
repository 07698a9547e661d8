"""What the models that take pictures share in their training."""

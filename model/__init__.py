"""What a row is, how a model is trained, and how it lies on disk."""

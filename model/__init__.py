"""What a model takes and predicts, how it is trained, and how it is stored."""

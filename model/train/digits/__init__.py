"""Training the model of handwritten digits."""

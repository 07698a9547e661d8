"""Image preprocessing: from the bytes of a file to the model's input, the same code in training and in serving."""

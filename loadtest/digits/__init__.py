"""`python -m loadtest digits`: send test images in concurrent batches."""

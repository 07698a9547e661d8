"""python -m loadtest digits: test pictures in concurrent batches."""

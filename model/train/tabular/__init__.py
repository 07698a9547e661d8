"""Training rows of a table: from a fitted pipeline to a bundle."""

"""Training and bundling: needs scikit-learn; the serving image does without this package."""

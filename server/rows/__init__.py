"""Models of rows: how a request's rows are decoded, and how the predictions are encoded."""

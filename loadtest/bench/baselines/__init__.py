"""The baselines, each written as its own documentation recommends."""

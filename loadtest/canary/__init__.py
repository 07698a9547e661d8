"""Compares a new version of a model with the one that serves: their failures, their latency and their answers."""

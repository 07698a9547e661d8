"""Compares recorded runs: whether one server, or one way to scale it, is better than another."""

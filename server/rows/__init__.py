"""Rows of values: how they are read, and how answers on them are written."""

"""Recorded traffic: a table of requests per second, where it comes from, and the load that repeats it."""

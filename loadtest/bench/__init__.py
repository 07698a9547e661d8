"""Benchmarks of the server on one machine: a comparison with other servers, and a soak test."""

"""Observe the cluster while the load runs."""

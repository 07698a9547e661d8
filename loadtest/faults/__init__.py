"""Cause faults on the cluster while the load runs, and undo them."""

"""Inject faults into the cluster while the load runs, and undo them."""

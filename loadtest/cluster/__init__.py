"""What the cluster does while the load runs."""

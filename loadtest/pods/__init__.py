"""An experiment whose load generator runs in pods of the cluster."""

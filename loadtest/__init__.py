"""Who asks, and what happened: load shapes, the recorder of the cluster, and the report that joins them."""

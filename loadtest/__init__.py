"""Load shapes and users, the recorder of the cluster, and the report that joins what both saw."""

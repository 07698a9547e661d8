"""The report of a run folder: its files, joined on one time axis."""

"""Run folder → report: the files of one run, joined on one time axis."""

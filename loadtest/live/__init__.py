"""The page of a running experiment, served on this machine by a process of its own."""

"""HTTP: from a socket to a route and back, with limits on bytes, time and work."""

"""From a socket to a route and back: connection → door, with bounds on bytes, time and work."""

"""The page at /: its routes, its HTML, and the style and scripts that it loads."""

"""The page at /: templates, style and scripts, and what fills the templates."""

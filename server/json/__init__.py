"""Which JSON library reads what, and why."""

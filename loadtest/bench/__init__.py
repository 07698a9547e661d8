"""The server side by side with others on this machine, and a soak: what is measured, never what is served."""

"""Pictures: a body → arrays → what a model makes of them. Imported only where a model of pictures is served."""

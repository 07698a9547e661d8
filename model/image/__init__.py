"""Pictures, from the bytes somebody sends to what a graph takes: trainer and server go through the same steps."""

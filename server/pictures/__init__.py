"""Requests with pictures, from the body to the model's answer. Imported only if a model of pictures is served."""

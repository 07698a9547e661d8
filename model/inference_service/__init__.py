"""The Kubernetes objects with which KServe serves a bundle from a store."""

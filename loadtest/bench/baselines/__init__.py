"""What the server is compared with, each as its own documentation says that it is written."""

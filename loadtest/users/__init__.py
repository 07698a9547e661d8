"""Locust users, and the checks of the responses that they get."""

"""Locust users and what they check."""

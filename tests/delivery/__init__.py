"""Alerts on their way to the person."""

"""Promises of the leak detector."""

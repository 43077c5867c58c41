"""Giving memory back, measured before and after."""

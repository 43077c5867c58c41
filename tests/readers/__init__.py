"""Readers against the live machine, recorded files and broken ones."""

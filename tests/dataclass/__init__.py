"""Tests of the dataclasses: beside those of the standard library."""

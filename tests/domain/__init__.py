"""Domain tests: no display, no clock, no machine."""

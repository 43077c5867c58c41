"""Recording real processes, and reading files that may be anything."""

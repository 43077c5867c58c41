"""Real caches that fill beside real leaks, live; see `tests.benchmarks.live.__main__`."""

"""Two builds of Memtray side by side: `python -m tests.benchmarks.halves --against WHEEL`."""

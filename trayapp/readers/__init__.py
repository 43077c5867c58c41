"""One look at the machine: system memory, every process, Memtray itself, and when to look."""

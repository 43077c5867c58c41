"""The language and units of Memtray: catalogue, dates, sizes, and the system's preference."""

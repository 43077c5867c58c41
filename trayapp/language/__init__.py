"""The language and the units that Memtray speaks: catalogue, dates, units, the system's wishes."""

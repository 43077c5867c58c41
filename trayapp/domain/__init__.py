"""What Memtray knows and decides: records and arithmetic; no OS, screen, clock, thread or file."""

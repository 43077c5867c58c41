"""What is read of the machine: memory, every process, Memtray's own costs, and when."""

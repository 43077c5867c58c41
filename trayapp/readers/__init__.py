"""Readers of the machine: memory, every process, Memtray's own costs, and the ticks.

By default a reader asks the system it runs on. `root` is a folder in place of "/" or /proc, `clock`
measures what reading costs: both are for tests.
"""

"""Guarded runs: a command that is told of, and started again, before it takes too much memory."""

"""Guarded runs: a command is reported or restarted before it takes too much memory."""

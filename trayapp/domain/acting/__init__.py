"""What may be done about it: automatic actions, cleanups, guarded restarts, hooks."""

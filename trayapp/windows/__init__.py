"""Windows in child processes, which read the history and end."""

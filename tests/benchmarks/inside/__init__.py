"""Programs whose heap is known from inside: recorded as they run, judged from the recordings."""

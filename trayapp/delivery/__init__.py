"""Getting an alert to the person: notifier, sinks, hooks."""

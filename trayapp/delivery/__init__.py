"""Getting an alert to the person: desktop, console, log."""

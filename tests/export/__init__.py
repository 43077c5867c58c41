"""The history as a file to take away."""

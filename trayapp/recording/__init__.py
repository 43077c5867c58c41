"""Recordings: up to a thousand samples a second into a file, and reading such files again."""

"""The windows and pictures of the history."""

"""Campaigns of hostile input. Each is run by hand and ends by itself; see its `--help`."""

"""The local socket by which commands reach the running applet: this user only."""

"""The icon, its tooltip and its menu on every kind of tray."""

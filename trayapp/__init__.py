"""Memtray: a tray icon that watches memory and says so before it hurts."""

__version__ = "0.2.0"

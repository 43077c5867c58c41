"""Alerts about this very program, which Memtray sends to its probe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from trayapp.probe.registry import plain

LEVELS = ("warning", "critical", "emergency")
MOST_LISTENERS = 100
_FIELDS = ("level", "phase", "kind", "title", "body")
_LONGEST = 1000

_listeners: list[tuple[int, Callable[[Mapping[str, object]], object]]] = []


def add_listener(level: str, function: Callable[[Mapping[str, object]], object]) -> bool:
    """See `on_alert`."""
    if level not in LEVELS or not callable(function) or len(_listeners) >= MOST_LISTENERS:
        return False
    _listeners.append((LEVELS.index(level), function))
    return True


def hear(arguments: Mapping[str, object]) -> dict[str, object]:
    """Call whom an alert concerns; return how many there were. A thread of the probe's."""
    level = arguments.get("level")
    rank = LEVELS.index(level) if level in LEVELS else -1
    called = 0
    for least, function in _listeners:
        if rank < least:
            continue
        alert = {name: str(arguments.get(name, ""))[:_LONGEST] for name in _FIELDS}
        with suppress(Exception):  # the program's own
            function(alert)
        called += 1
    return {"called": called, "level": plain(level)}

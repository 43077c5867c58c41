"""Real stores for the tests: written by the writer that the applet uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from trayapp.domain.records.series import Event, Series
from trayapp.history.retention import Retention
from trayapp.history.writer import HistoryWriter

MIB = 1024**2
GIB = 1024**3
START = 1_780_000_020.0
"""A wall time on a whole minute."""

SYSTEM = {"total_bytes": 16.0 * GIB, "used_bytes": 6.0 * GIB, "swap_used_bytes": 64.0 * MIB}

Curve = float | Callable[[float], float | None]
"""Bytes, always the same or by seconds since the start; None: not running."""


def target(name: str) -> Series:
    return Series("target", name, "rss_bytes")


def write_store(
    path: Path,
    targets: Mapping[str, Curve],
    *,
    seconds: float = 600.0,
    step: float = 2.0,
    start: float = START,
    events: Iterable[Event] = (),
    system: Mapping[str, float] = SYSTEM,
    heaps: Mapping[str, Curve] | None = None,
) -> Path:
    """A history of `seconds` seconds, sampled every `step` seconds, of the system and targets.

    heaps: what collections leave of the heaps of targets.
    """
    curves = [(target(name), curve) for name, curve in targets.items()]
    curves += [
        (target(name)._replace(metric="heap_live_bytes"), curve)
        for name, curve in (heaps or {}).items()
    ]
    writer = HistoryWriter(path, Retention())
    try:
        count = int(seconds / step)
        for number in range(count + 1):
            after = number * step
            values = [(Series("system", "", metric), value) for metric, value in system.items()]
            values.append((Series("app", "", "rss_bytes"), 30.0 * MIB))
            for series, curve in curves:
                if (value := curve(after) if callable(curve) else curve) is not None:
                    values.append((series, value))
            writer.add(start + after, values)
            # What waits is bounded.
            if number % 500 == 0:
                assert writer.flush()
        for event in events:
            writer.add_event(event)
        assert writer.flush()
    finally:
        writer.close()
    return path

"""The limits that a run gets from `memtray run`, after pressure has ended the one before it.

They come as environment, so that a program keeps to them without a line of code:
`MEMTRAY_PRESSURE` (the level that ended the run before: high or critical), `MEMTRAY_MAX_OBJECTS`,
`MEMTRAY_MAX_HISTORY`, `MEMTRAY_COLLECT_SECONDS` and `MEMTRAY_TRIM_SECONDS`.
"""

from __future__ import annotations

import os

from trayapp.dataclass import NamedTuple

LARGEST = 10**9


class RunLimits(NamedTuple):
    """What this run is to keep to; None: nothing was said."""

    pressure: str | None
    """What ended the run before this one: "high" or "critical"."""
    max_objects: int | None
    max_history: int | None
    collect_seconds: float | None
    """Between two collections of garbage, while the program grows."""
    trim_seconds: float | None
    """Between two looks at the bounded containers."""


def run_limits() -> RunLimits:
    """Return the limits in the environment; what makes no sense there is left out."""
    objects, history = _number("MEMTRAY_MAX_OBJECTS"), _number("MEMTRAY_MAX_HISTORY")
    return RunLimits(
        os.environ.get("MEMTRAY_PRESSURE") or None,
        None if objects is None else max(1, int(objects)),
        None if history is None else max(1, int(history)),
        _number("MEMTRAY_COLLECT_SECONDS"),
        _number("MEMTRAY_TRIM_SECONDS"),
    )


def _number(name: str) -> float | None:
    try:
        found = float(os.environ.get(name, ""))
    except ValueError:
        return None
    return found if 0 < found <= LARGEST else None

"""The limits of a guarded run after pressure has ended the one before: text in, environment out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from trayapp.dataclass import dataclass, replace
from trayapp.language.catalogue import _
from trayapp.language.units import parse_duration

RunPressure = Literal["", "high", "critical"]
"""How high the memory of a run was at its end; "": it was below its bounds."""

MOST = 10**9
_PART = re.compile(r"([a-z]+)=(\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLimits:
    """What a program is to keep to; None: its own defaults. The probe honours them."""

    max_objects: int | None = None
    """Of each bounded dict."""
    max_history: int | None = None
    """Entries of each bounded list."""
    collect_seconds: float | None = None
    """Between two collections of garbage, while it grows."""
    trim_seconds: float | None = None
    """Between two looks at the bounded containers."""

    def text(self) -> str:
        """Return it as it is written: "objects=1000 history=250 collect=3s trim=7s"."""
        parts = (
            ("objects", self.max_objects, ""),
            ("history", self.max_history, ""),
            ("collect", self.collect_seconds, "s"),
            ("trim", self.trim_seconds, "s"),
        )
        return " ".join(f"{key}={value:g}{unit}" for key, value, unit in parts if value is not None)

    def variables(self, pressure: RunPressure) -> dict[str, str]:
        """Return the environment that tells a program; pressure: what ended the run before."""
        found = {
            "MEMTRAY_PRESSURE": pressure or None,
            "MEMTRAY_MAX_OBJECTS": self.max_objects,
            "MEMTRAY_MAX_HISTORY": self.max_history,
            "MEMTRAY_COLLECT_SECONDS": self.collect_seconds,
            "MEMTRAY_TRIM_SECONDS": self.trim_seconds,
        }
        return {
            name: f"{value:g}" if isinstance(value, float) else str(value)
            for name, value in found.items()
            if value is not None
        }


AFTER_HIGH = RunLimits(max_objects=1000, max_history=250, collect_seconds=3.0, trim_seconds=7.0)
AFTER_CRITICAL = RunLimits(max_objects=500, max_history=100, collect_seconds=2.0, trim_seconds=5.0)


def parse_limits(text: str) -> RunLimits:
    """Read limits such as "objects=1000 history=250 collect=3s trim=7s"; any part may be missing.

    Raises: ValueError with what was expected.
    """
    found = RunLimits()
    for word in text.replace(",", " ").split():
        match = _PART.fullmatch(word)
        if match is None or match[1] not in _SETTERS:
            raise ValueError(
                _(
                    "{text} is not a limit; use for example: objects=1000 history=250 collect=3s "
                    "trim=7s"
                ).format(text=repr(word))
            )
        found = _SETTERS[match[1]](found, match[2])
    return found


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:12]) <= MOST:
        raise ValueError(
            _("{text} is not a number from 1 to {most}").format(text=repr(text), most=MOST)
        )
    return int(text)


def _seconds(text: str) -> float:
    seconds = parse_duration(text)
    if not seconds:
        raise ValueError(_("{text} is too short").format(text=repr(text)))
    return seconds


_SETTERS: dict[str, Callable[[RunLimits, str], RunLimits]] = {
    "objects": lambda limits, text: replace(limits, max_objects=_count(text)),
    "history": lambda limits, text: replace(limits, max_history=_count(text)),
    "collect": lambda limits, text: replace(limits, collect_seconds=_seconds(text)),
    "trim": lambda limits, text: replace(limits, trim_seconds=_seconds(text)),
}

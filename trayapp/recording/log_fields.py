"""The parts of a line of a memory log: its time, its mark, and what its fields say."""

from __future__ import annotations

import re
from calendar import timegm
from functools import lru_cache
from operator import add

from trayapp.domain.judging.log_summary import UNKNOWN
from trayapp.domain.records.log_lines import (
    ABOUT,
    BETWEEN,
    ENDED,
    FAILED,
    IDLE,
    MB,
    RESULT,
    RUNS,
    STARTED,
)
from trayapp.domain.records.log_lines import UNKNOWN as DASH

LINE = re.compile(
    r"((?!0000)[0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[ T]"
    r"([01][0-9]|2[0-4]):([0-5][0-9]):([0-5][0-9]|60)(?:[.,][0-9]+)?\s+"
    rf"({BETWEEN}|{STARTED}|{ENDED}|{RUNS}|{ABOUT})\s*(.*)",
    re.DOTALL,
)
SECONDS = {f"{second:02}": second for second in range(61)}
MOST_MINUTES = 10_000
_NAMES = re.compile(r"\[([^\]]*)\]")
_SIZE = re.compile(r"([+-]?\d[\d,]*(?:\.\d+)?)\s*([KMGT]?i?B)\b", re.IGNORECASE)
_SHARE = re.compile(r"\(\s*([\d.]+)\s*%")
_PLAIN_SIZE = re.compile(r"(\d+\.\d) MB")
_PLAIN_AVAILABLE = re.compile(r"(\d+\.\d) MB \((\d+\.\d)% free\)")
"""As they are mostly written, for a short way."""
_UNITS = {
    "b": 1.0, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
    "kib": 1024.0, "mib": 1024.0**2, "gib": 1024.0**3, "tib": 1024.0**4,
}  # fmt: skip
NOBODY = frozenset({IDLE, DASH, "", "none", "no task", "no active task", "–"})
_BAD_WORDS = ("fail", "error", "exception", "abort", "time")
"""One of these is in whatever `_BAD_END` finds, and much quicker to look for."""
_BAD_END = re.compile(r"\b(fail|error|exception|abort|timed? ?out)", re.IGNORECASE)


def time_of(match: re.Match[str]) -> float:
    """Return seconds since 1970 by the clock of the log."""
    year, month, day, hour, minute, second = match.group(1, 2, 3, 4, 5, 6)
    clock = 3600 * int(hour) + 60 * int(minute) + int(second)
    return _day_seconds(year, month, day) + clock


@lru_cache(maxsize=64)
def _day_seconds(year: str, month: str, day: str) -> float:
    return float(timegm((int(year), int(month), int(day), 0, 0, 0)))


def names_in(text: str) -> list[str]:
    """Return all names in brackets."""
    # Behind the last bracket that closes, each that opens would be looked for to the very end.
    found: list[str] = _NAMES.findall(text, 0, text.rfind("]") + 1)
    return found


class Minutes(dict[str, float]):
    """The seconds since 1970 of minutes as lines begin with them."""

    def __missing__(self, text: str) -> float:
        """Raises: ValueError if it is no date."""
        match = LINE.match(f"{text}00 {BETWEEN} ")
        if match is None:
            raise ValueError(text)
        if len(self) > MOST_MINUTES:
            self.clear()
        found = self[text] = time_of(match)
        return found


Figures = tuple[list[float], ...]
"""Times, sizes in bytes, what is available in MB, and in percent."""


def figures_of(
    known_minutes: Minutes,
    minutes: list[str],
    seconds: list[str],
    sizes: list[str],
    available: list[str],
    shares: list[str],
) -> Figures | None:
    """Return what stands in columns; None if one of it is no date, or no number."""
    try:
        whole_minutes = map(known_minutes.__getitem__, minutes)
        return (
            list(map(add, whole_minutes, map(SECONDS.__getitem__, seconds))),
            [float(size) * MB for size in sizes],
            list(map(float, available)),
            list(map(float, shares)),
        )
    except (ValueError, KeyError):
        return None


def running_names(text: str) -> list[str]:
    """Return the names in brackets of a line between; none where nothing runs, or is known to."""
    return [name for name in names_in(text) if name.strip().lower() not in NOBODY]


def field_of(text: str) -> tuple[str, str]:
    name, _colon, value = text.partition(":")
    return name.strip(), value.strip()


def size_of(text: str | None) -> float | None:
    if text and (plain := _PLAIN_SIZE.fullmatch(text)):
        return float(plain[1]) * MB
    match = _SIZE.match(text) if text else None
    return float(match[1].replace(",", "")) * _UNITS[match[2].lower()] if match else None


def or_nan(value: float | None) -> float:
    return UNKNOWN if value is None else value


def available_of(text: str | None) -> tuple[float, float]:
    if text and (plain := _PLAIN_AVAILABLE.fullmatch(text)):
        return float(plain[1]) * MB, float(plain[2]) / 100
    match = _SHARE.search(text) if text else None
    return or_nan(size_of(text)), float(match[1]) / 100 if match else UNKNOWN


def seconds_of(text: str | None) -> float | None:
    number = (text or "").partition(" ")[0]
    try:
        return float(number)
    except ValueError:
        return None


def whole_of(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def has_failed(head: str, fields: dict[str, str]) -> bool:
    result = fields.get(RESULT)
    if result is not None:
        return result.startswith(FAILED)
    after = head.rpartition("]")[2] + " ".join(f"{name} {value}" for name, value in fields.items())
    if after.isascii() and not any(word in after.lower() for word in _BAD_WORDS):
        return False
    return bool(_BAD_END.search(after))

"""What is usual for a program by hour of the week, learned from two weeks of its history.

For each hour there is a range from the least to the most that it had in that hour and in those
beside it: 672 bytes for a program. What is usual may be quiet; it never hides a proven leak, nor a
limit.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from math import log2

from trayapp.dataclass import NamedTuple

HOURS = 168
LEAST_HOURS = 100
"""Of the week, that must be known: less is no week."""
LEAST_DAYS = 7.0
MARGIN = 1.1
"""A little more than was ever seen is usual, too."""
_STEPS, _BASE_BYTES = 256, 4096
"""Sizes are kept as logarithms: two bytes, to 0.3 %."""
_EPOCH_WEEKDAY_HOURS = 72
"""1 January 1970 was a Thursday."""


class Usual(NamedTuple):
    """What a program has in an hour of the week, as a rule."""

    low_bytes: int
    high_bytes: int


class Learned:
    """The usual ranges of one program. Immutable."""

    __slots__ = ("_codes",)

    def __init__(self, codes: array[int]) -> None:
        """`codes` are those of `learn`: low and high of each hour; 0 is unknown."""
        self._codes = codes

    def usual(self, hour: int) -> Usual | None:
        """Return the range of an hour of the week, 0 to 167 from Monday on; None: unknown."""
        low, high = self._codes[2 * hour], self._codes[2 * hour + 1]
        return Usual(_size(low), _size(high)) if high else None

    @property
    def known_hours(self) -> int:
        return sum(1 for high in self._codes[1::2] if high)

    def as_text(self) -> str:
        """Return it for a file: 896 characters."""
        import base64

        return base64.b64encode(self._codes.tobytes()).decode("ascii")


def learn(samples: Iterable[tuple[float, float, float]], utc_offset_seconds: float) -> Learned:
    """Learn from samples of wall time, least and greatest size within it, as of a history."""
    lows: list[float | None] = [None] * HOURS
    highs: list[float | None] = [None] * HOURS
    for wall_seconds, low, high in samples:
        hour = hour_of_week(wall_seconds, utc_offset_seconds)
        lows[hour] = low if (known := lows[hour]) is None else min(known, low)
        highs[hour] = high if (known := highs[hour]) is None else max(known, high)
    codes = array("H", bytes(4 * HOURS))
    for hour in range(HOURS):
        # What begins at nine may begin at half past eight.
        near = [(hour + step) % HOURS for step in (-1, 0, 1)]
        low_near = [size for each in near if (size := lows[each]) is not None]
        high_near = [size for each in near if (size := highs[each]) is not None]
        if high_near:
            codes[2 * hour] = _code(min(low_near))
            codes[2 * hour + 1] = _code(max(high_near) * MARGIN)
    return Learned(codes)


def from_text(text: str) -> Learned:
    """Read what `as_text` wrote. Raises: ValueError if it cannot be that."""
    import base64  # not held where nothing is learned

    data = base64.b64decode(text, validate=True)
    if len(data) != 4 * HOURS:
        raise ValueError(len(data))
    codes = array("H")
    codes.frombytes(data)
    return Learned(codes)


def hour_of_week(wall_seconds: float, utc_offset_seconds: float) -> int:
    """Return the hour of the week by the local clock, 0 to 167 from Monday on."""
    return (int((wall_seconds + utc_offset_seconds) // 3600) + _EPOCH_WEEKDAY_HOURS) % HOURS


def _code(size_bytes: float) -> int:
    return min(0xFFFF, 1 + max(0, round(_STEPS * log2(max(1.0, size_bytes / _BASE_BYTES)))))


def _size(code: int) -> int:
    return round(_BASE_BYTES * 2 ** ((code - 1) / _STEPS)) if code else 0

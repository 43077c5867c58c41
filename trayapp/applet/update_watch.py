"""Noticing that this very Memtray was installed anew while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

_LOOK_SECONDS = 5.0
_MARK = Path(__file__).resolve().parent.parent / "__init__.py"
"""Every installation writes it, and it is the same file as long as nothing was installed."""

_State = tuple[int, int, int]


class UpdateWatch:
    """Says when another version lies where this one was loaded from. The sampler's thread.

    What is loaded and what lies there do not fit together then: modules that are imported later,
    and windows, are of the new one.
    """

    def __init__(self, mark: Path = _MARK, clock: Callable[[], float] = time.monotonic) -> None:
        self._mark, self._clock = mark, clock
        self._first = self._last = self._read()
        self._look_at = clock() + _LOOK_SECONDS

    def is_due(self) -> bool:
        """Return whether it was replaced, and has been left alone since the look before.

        A stat every five seconds; an installation that is under way is waited for.
        """
        now = self._clock()
        if now < self._look_at or self._first is None:
            return False
        self._look_at = now + _LOOK_SECONDS
        before, self._last = self._last, self._read()
        return self._last is not None and self._last == before != self._first

    def _read(self) -> _State | None:
        try:
            told = self._mark.stat()
        except OSError:
            return None
        return told.st_ino, told.st_mtime_ns, told.st_size

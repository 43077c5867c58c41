"""Clocks that go by seconds: what stands around the seconds is read once a minute."""

from __future__ import annotations

import re

from trayapp.recording.clocks import Clock

_SECONDS = re.compile(r"(.*\d[^\d\s.,]{1,3}\s?)(\d\d(?:[.,]\d{1,9})?)((?:\D.*)?)", re.DOTALL)
"""A time, with its seconds apart."""


class MinuteClock:
    """Reads as its `Clock` does, in a third of the time."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._minute: tuple[str, str] = ("", "")
        self._begun = float("nan")
        self._last = ""
        self._seconds = float("nan")

    def forget(self) -> None:
        """The clock was set: what was read before does not hold."""
        self._minute, self._last = ("", ""), ""

    def read(self, text: str) -> float:
        """Seconds since 1970, or since the start; NaN if it is no time."""
        if text == self._last:
            return self._seconds
        match = _SECONDS.fullmatch(text)
        if match is None:
            seconds = self.clock.read(text)
        else:
            before, second, after = match.groups()
            rest = int(second) if len(second) == 2 else float(second.replace(",", "."))
            if self._minute == (before, after) and rest < 61:
                seconds = self._begun + rest
            else:
                seconds = self.clock.read(text)
                self._minute, self._begun = (before, after), seconds - rest
        self._last, self._seconds = text, seconds
        return seconds

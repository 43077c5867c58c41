"""What `pidstat -r` of sysstat prints, in each of its ways: one line per process and moment.

With `-h` all figures of a process are in one line below "# Time", else memory has a block of its
own; `-H` tells seconds since 1970, else there are only hours, minutes and seconds, in the local
time of the machine, whose date is in the first line. Sizes are KiB, with a letter under `--human`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from trayapp.domain.language import N_, _
from trayapp.domain.units import GIB, KIB, MIB
from trayapp.errors import RecordingError
from trayapp.recording.gathering import WALL_FROM, Gathering, number_of
from trayapp.recording.source import Source, Start

NAME = "pidstat"
EXPECTS = N_("a log of pidstat -r")
_BANNER = re.compile(r"\S+ \S+ \(.*\)\s+(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})\s+_\S+_\s+\(\d+ CPU\)")
_HEADINGS = re.compile(r"(#\s+Time|\d\d:\d\d:\d\d( [AP]M)?)\s+(UID|USER)\s+(T?G?PID|TGID)\s")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d):(\d\d)( [AP]M)?\s+")
_DATES = ("%Y-%m-%d", "%m/%d/%y", "%m/%d/%Y", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%d/%m/%y")
_UNITS = {"k": KIB, "M": MIB, "G": GIB, "T": 1024 * GIB, "B": 1}
_DAY = timedelta(days=1)


def resembles(start: Start) -> float:
    """By its first lines."""
    is_it = any(_BANNER.match(line) or _HEADINGS.match(line) for line in start.lines[:5])
    return 1.0 if is_it else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read what was printed; lines that make no sense are passed over.

    Raises: RecordingError if no memory is told in it.
    """
    clock = _Clock()
    headings: list[str] = []
    has_memory = False
    for line in source.lines():
        if (banner := _BANNER.match(line)) is not None:
            clock.set_date(banner[1])
        elif _HEADINGS.match(line):
            headings = _without_clock(line.lstrip("# ").replace("Time ", "")).split()
            has_memory = has_memory or "RSS" in headings
        elif "RSS" in headings and (seconds := clock.read(line)) is not None:
            # The command comes last and may hold spaces.
            words = _without_clock(line).split(maxsplit=len(headings) - 1)
            if len(words) == len(headings):
                _take(found, seconds, dict(zip(headings, words, strict=True)))
    if not has_memory:
        raise RecordingError(
            _("{path} is of pidstat, but without memory; make it by pidstat -r").format(
                path=source.path
            )
        )


def _take(found: Gathering, seconds: float, row: dict[str, str]) -> None:
    pid = row.get("TGID", row.get("PID", ""))
    # Threads have "-" there, and what their process has.
    if not pid.isdecimal():
        return
    command = row.get("Command", "").strip()
    name = command.split(" ", 1)[0].rsplit("/", 1)[-1]
    series = found.series(
        pid, f"{name} {pid}".strip(), pid=int(pid), command_line=command, kind="resident set"
    )
    text = row["RSS"]
    unit = _UNITS.get(text[-1:])
    size = number_of(text) * KIB if unit is None else number_of(text[:-1]) * unit
    series.add(found.moment(seconds), size)


def _without_clock(line: str) -> str:
    return _CLOCK.sub("", line, count=1) if _CLOCK.match(line) else line.partition(" ")[2]


@dataclass(slots=True)
class _Clock:
    """Turns the time in front of each line into seconds; after midnight it is the next day."""

    date: datetime = field(default_factory=lambda: datetime(1970, 1, 2))
    _last: float | None = None

    def set_date(self, text: str) -> None:
        """As the first line tells it; what its parts mean depends on the machine's language."""
        for form in _DATES:
            try:
                self.date = datetime.strptime(text, form)
            except ValueError:
                continue
            return

    def read(self, line: str) -> float | None:
        """Seconds; since 1970 where the date or they are known. None: no such line."""
        clock = _CLOCK.match(line)
        if clock is None:
            seconds = number_of(line.partition(" ")[0])
            return seconds if seconds >= WALL_FROM else None
        hours, minutes, rest = int(clock[1]), int(clock[2]), int(clock[3])
        if clock[4]:
            hours = hours % 12 + (12 if clock[4] == " PM" else 0)
        if hours > 23 or minutes > 59 or rest > 60:
            return None
        moment = self.date + timedelta(hours=hours, minutes=minutes, seconds=rest)
        try:
            seconds = moment.timestamp()
            if self._last is not None and seconds < self._last - 12 * 3600:
                self.date += _DAY
                seconds = (moment + _DAY).timestamp()
        except (OverflowError, OSError, ValueError):
            return None
        self._last = seconds
        return seconds

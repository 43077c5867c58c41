"""What `pidstat -r` of sysstat prints, in each of its ways: one line per process and moment.

Versions 9 to 12.7, in every language that glibc has, plain, coloured or indented. With `-h` all
figures of a process are in one line below "# Time", else memory has a block of its own; `-H` tells
seconds since 1970, else there is only a clock, in the local time of the machine, whose date is in
the first line. Sizes are KiB, with a letter under `--human`. Read is the resident set of each
process; threads (`-t`) have what their process has.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from trayapp.domain.language import N_, _
from trayapp.domain.units import GIB, KIB, MIB
from trayapp.errors import RecordingError
from trayapp.recording.clocks import Clock
from trayapp.recording.gathering import Gathered, Gathering
from trayapp.recording.source import Source, Start

NAME = "pidstat"
EXPECTS = N_("a log of pidstat -r")
BANNER = re.compile(r"\s*\S+ \S+ \(.*?\)\s+(.*?)\s*_\S+?_\s+\(\d+ CPU")
"""The first line of all programs of sysstat; its date."""
_FIRST = {"UID", "USER", "PID", "TGID"}
_UNITS = {"k": KIB, "M": MIB, "G": GIB, "T": 1024 * GIB, "B": 1, "K": KIB}
_DECIMAL_COMMA = re.compile(r"\s\d+,\d\d?(?:\s|[kKMGTB]\s)")
_MOST_CLOCK_WORDS = 6


@dataclass(slots=True)
class _Headings:
    """What a line of headings tells of the lines below it."""

    clock: str
    """What stands before the first column: a clock, seconds, or "# Time"."""
    words: int
    """How many words that is."""
    titles: list[str]
    pid_at: int
    rss_at: int | None
    command_at: int | None

    @property
    def has_time(self) -> bool:
        """Whether the lines below have a time; averages have none."""
        return self.clock.startswith("#") or any(one.isdecimal() for one in self.clock)


def resembles(start: Start) -> float:
    """By headings that name processes, or by the first line of sysstat with such below."""
    lines = start.lines[:200]
    if any(_headings(line) is not None for line in lines):
        return 1.0
    return 0.3 if any(BANNER.match(line) for line in lines[:5]) else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read what was printed; lines that make no sense are passed over.

    Raises: RecordingError if no memory is told in it.
    """
    reading = _Reading(source, found)
    for number, line in enumerate(source.lines(), 1):
        reading.take(number, line)
    reading.finish()


def _headings(line: str) -> _Headings | None:
    """The line as one of headings; None if it is none."""
    if "PID" not in line and "TGID" not in line:
        return None
    words = line.split()
    first = next((at for at, word in enumerate(words) if word in _FIRST), None)
    if first is None or first > _MOST_CLOCK_WORDS + 1 or words[-1] != "Command":
        return None
    titles = words[first:]
    if "TGID" not in titles and "PID" not in titles:
        return None
    pid_at = titles.index("TGID") if "TGID" in titles else titles.index("PID")
    is_table = words[0].startswith("#")
    return _Headings(
        clock="#" if is_table else " ".join(words[:first]),
        words=1 if is_table else first,
        titles=titles,
        pid_at=pid_at,
        rss_at=titles.index("RSS") if "RSS" in titles else None,
        command_at=len(titles) - 1,
    )


@dataclass(slots=True)
class _Life:
    """One process that was met."""

    series: Gathered
    has_memory: bool = False


@dataclass(slots=True)
class _Reading:
    """One log while it is read."""

    source: Source
    found: Gathering
    clock: Clock = field(init=False)
    headings: _Headings | None = None
    has_memory: bool = False
    _lives: dict[tuple[str, str], _Life] = field(default_factory=dict)
    _last_clock: str = ""
    _seconds: float = math.nan
    _example: str = ""
    _has_comma: bool = False

    def __post_init__(self) -> None:
        lines = self.source.start.lines
        known = (_headings(line) for line in lines[:200])
        self._example = next((one.clock for one in known if one and one.has_time), "")
        if self._example == "#":
            rows = [line for line in lines if line[:1] not in ("#", "") and " " in line.strip()]
            self._example = next((row[:24] for row in rows if not BANNER.match(row)), "")
        self._has_comma = any(_DECIMAL_COMMA.search(line) for line in lines)
        modified = self.source.path.stat().st_mtime
        self.clock = Clock(zone=self.source.instructions.timezone, latest_wall_seconds=modified)

    def take(self, number: int, line: str) -> None:
        headings = self.headings
        if "Command" in line and (again := _headings(line)) is not None:
            self.headings = again
            self.has_memory = self.has_memory or again.rss_at is not None
            return
        if "CPU" in line and (banner := BANNER.match(line)) is not None:
            self.clock.set_date(banner[1], clock=self._example, has_decimal_comma=self._has_comma)
            self.headings = None
            return
        if headings is None or headings.rss_at is None or not headings.has_time:
            return
        words = line.split()
        if not words or words[0].startswith("#"):
            return
        if not self._take(words, headings, line):
            self.found.pass_over(number, line, _("not what its headings say"))

    def _take(self, words: list[str], headings: _Headings, line: str) -> bool:
        """Whether the line was understood."""
        if not line.endswith("\n") and len(words) < headings.words + len(headings.titles):
            # Cut off where the file ends.
            return True
        at = self._columns_at(words, headings)
        if at is None:
            return False
        pid = words[at + headings.pid_at]
        if not pid.isdecimal():
            # Threads have "-" there, and what their process has.
            return pid == "-"
        clock = words[0] if at == 1 else " ".join(words[:at])
        if clock != self._last_clock:
            self._last_clock = clock
            self._seconds = self.clock.read(clock)
        if self._seconds != self._seconds:
            return False
        rss_at = headings.rss_at
        assert rss_at is not None  # noqa: S101  (asked before)
        size = _size(words[at + rss_at])
        life = self._life(pid, words[at + len(headings.titles) - 1 :])
        if size == 0 and life.has_memory:
            # It has ended, and nobody has asked for its exit code yet.
            size = math.nan
        life.has_memory = life.has_memory or size > 0
        life.series.add(self._seconds, size)
        return True

    def _columns_at(self, words: list[str], headings: _Headings) -> int | None:
        """Where the first column is, behind the clock, whose words may be more or fewer."""
        usual = headings.words
        if _is_row(words, headings, usual):
            return usual
        for count in range(1, _MOST_CLOCK_WORDS):
            if count != usual and _is_row(words, headings, count):
                return count
        return None

    def _life(self, pid: str, command: Sequence[str]) -> _Life:
        first = command[0]
        life = self._lives.get((pid, first))
        if life is None:
            name = first.rsplit("/", 1)[-1] if first.startswith("/") else first
            series = self.found.series(
                (pid, name),
                f"{name} {pid}",
                pid=int(pid),
                command_line=" ".join(command),
                kind="resident set",
            )
            life = self._lives[pid, first] = _Life(series)
        return life

    def finish(self) -> None:
        """Raises: RecordingError if there was no memory."""
        if not self.has_memory:
            raise RecordingError(
                _("{path} is of pidstat, but without memory; make it by pidstat -r").format(
                    path=self.source.path
                )
            )
        for note in () if self._last_clock.isdecimal() else self.clock.notes:
            self.found.note(note)
        if self.clock.is_dateless:
            self.found.shift_seconds += self.clock.shift_seconds(self._seconds)
            self.found.note(_("only times of day are told; the date is that of the file"))
        self.found.take("RSS", _("resident set, in KiB"))


def _is_row(words: list[str], headings: _Headings, at: int) -> bool:
    if len(words) < at + len(headings.titles):
        return False
    pid = words[at + headings.pid_at]
    size = words[at + (headings.rss_at or 0)]
    return (pid.isdecimal() or pid == "-") and size[:1].isdecimal() and not size.count(":")


def _size(text: str) -> float:
    unit = _UNITS.get(text[-1])
    number = text if unit is None else text[:-1]
    try:
        return float(number.replace(",", ".")) * (unit or KIB)
    except ValueError:
        return math.nan

"""Logs of sysstat's `pidstat -r`, in all its ways: one line per process and moment.

Tried with 12.6.1 and 12.8.0 in the languages of glibc, and on files of 9.0 to 12.7. With `-h` all
figures of a process are in one line below "# Time", else memory has a block of its own; `-H` tells
seconds since 1970, else there are only hours, minutes and seconds, in the local time of the
machine, whose date is in the first line. RSS is read: KiB, or with a letter under `--human`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trayapp.language.catalogue import N_, _
from trayapp.recording.gathering import Gathering
from trayapp.recording.program_rows import ProgramRows
from trayapp.recording.reading import read_lines
from trayapp.recording.source import Source, Start

NAME = "pidstat"
EXPECTS = N_("a log of pidstat -r")
BANNER = re.compile(r"\s*\S+ \S+ \([^)]*\)\s+(\S.*?)\s+_\S+_\s+\(\d+ [^\d\s]+\)")
"""The first line of what sysstat's programs print; the group is the date."""
_FIRSTS = ("UID", "USER", "PID", "TGID")
_DECIMAL_COMMA = re.compile(r"\d,\d\d?(?:\s|$)")
_MOST_CLOCK_WORDS = 7


def resembles(start: Start) -> float:
    for line in start.lines[:400]:
        if _heading(line) is not None:
            return 1.0
    return 0.0


def read(source: Source, found: Gathering) -> None:
    read_lines(source, _Reading(source, found))


def _heading(line: str) -> tuple[str, list[str]] | None:
    """The clock in front of a heading, and its titles; None if a line is none."""
    if "PID" not in line and "TGID" not in line:
        return None
    words = line.split()
    first = next((at for at, word in enumerate(words) if word in _FIRSTS), -1)
    if not 1 <= first <= _MOST_CLOCK_WORDS or words[-1] != "Command":
        return None
    clock = " ".join(words[:first])
    # A clock, or "# Time"; the first title of other programs' headings may be anything.
    if clock != "# Time" and not any(character.isdecimal() for character in clock):
        return None
    return clock, words[first:]


class SysstatClock:
    """The clock in front of each line of sysstat's programs, with the date of the banner."""

    def __init__(self, source: Source, found: Gathering, example: str) -> None:
        """`example`: a clock of the file, whose language tells the order of day and month."""
        self._clock = source.clock()
        self._found = found
        self._example = example
        self._has_comma = any(map(_DECIMAL_COMMA.search, source.start.lines[:50]))
        self._text, self._at = "", float("nan")
        self._last_seconds = float("nan")
        self._is_date_used = False

    def add_banner(self, line: str) -> bool:
        """Whether the line is a banner; its date holds from now on."""
        match = BANNER.match(line)
        if match is None:
            return False
        self._clock.set_date(match[1], clock=self._example, has_decimal_comma=self._has_comma)
        return True

    def read(self, text: str) -> float:
        """The moment of a clock; NaN if it is none."""
        if text != self._text:
            seconds = self._clock.read(text)
            if seconds == seconds:
                self._last_seconds = seconds
                self._is_date_used = self._is_date_used or not text.isdecimal()
                seconds = self._found.moment(seconds)
            self._text, self._at = text, seconds
        return self._at

    def finish(self) -> None:
        if self._is_date_used:
            self._found.note_guesses(self._clock, self._last_seconds)


class _Reading:
    """One file while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        self._source = source
        self._found = found
        headings = filter(None, map(_heading, source.start.lines))
        self._clock = SysstatClock(source, found, next(headings, ("", []))[0])
        self._rows = ProgramRows(found)
        self._titles: Sequence[str] = ()
        self._clock_words = 0
        """Number of words of the clock in front of a row; 0: not known yet."""

    def add_line(self, number: int, line: str) -> None:
        heading = _heading(line)
        if heading is not None:
            clock, titles = heading
            self._clock_words = 0 if clock.startswith("#") else len(clock.split())
            if titles != self._titles:
                self._titles = titles
                self._rows.set_heading(titles)
            return
        if not self._rows.tells_memory or not line.strip():
            self._clock.add_banner(line)
            return
        if "_" in line and self._clock.add_banner(line):
            return
        count = self._clock_words
        words = line.split(None, count or 1)
        if not count:
            count = self._clock_words = self._find_clock(line)
            words = line.split(None, count)
        rest = words[count] if len(words) > count else ""
        at = self._clock.read(words[0] if count == 1 else " ".join(words[:count]))
        if at == at and self._rows.add_row(rest, at):
            return
        if not self._is_no_sample(line, rest):
            self._found.pass_line(number, line, _("not a row of pidstat"))

    def _find_clock(self, line: str) -> int:
        """Below "# Time" a clock may be several words: as many as leave a pid in its place."""
        words = line.split()
        at = self._pid_at()
        for count in range(1, _MOST_CLOCK_WORDS + 1):
            if len(words) > count + at and (
                words[count + at].isdecimal() or words[count + at] == "-"
            ):
                return count
        return 1

    def _pid_at(self) -> int:
        """Place of the pid among the titles."""
        return next((at for at, one in enumerate(self._titles) if one in ("PID", "TGID")), 0)

    def _is_no_sample(self, line: str, rest: str) -> bool:
        """Averages at the end, and threads, which have "-" in place of a process."""
        first = line.split(None, 1)[0]
        if first.endswith((":", "：")) or " :" in line[:20]:
            return True
        words = rest.split()
        at = self._pid_at()
        return len(words) > at and words[at] == "-"

    def finish(self) -> None:
        if self._rows.has_heading and not self._rows.has_memory:
            raise self._source.refusal(
                _("{path} is from pidstat, but has no memory in it; create it with pidstat -r")
            )
        self._clock.finish()

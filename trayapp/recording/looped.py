"""Times of what a shell loop collects: lines of `date` between, stamps in front, or none at all."""

from __future__ import annotations

import math
import re

from trayapp.dataclass import NamedTuple
from trayapp.language.catalogue import _
from trayapp.recording.clocks import Clock
from trayapp.recording.gathering import Gathering
from trayapp.recording.source import Source, Start

_DATE = (
    r"(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{2,4}"
    r"|(?:[A-Z][a-z]{2},? +)?\d{1,2} [A-Z][a-z]{2}(?: \d{4})?)"
)
_NAMED_DATE = r"(?:[A-Z][a-z]{2},? +)?[A-Z][a-z]{2} +\d{1,2}(?:,? \d{4})?"
_TIME = (
    r"\d{1,2}:\d\d:\d\d(?:[.,]\d+)?(?: ?[AP]M\b)?"
    r"(?: ?Z\b| ?[+-]\d\d:?\d\d\b| (?:UTC|GMT|MSK|WIB|[A-Z]{1,3}T)\b)?"
)
STAMP = re.compile(
    rf"(?<!\s)\s*[\[(]?({_NAMED_DATE} {_TIME}(?: \d{{4}}(?=\s|$))?|(?:{_DATE}[T ,]+)?{_TIME}"
    r"|1\d{9}(?:\.\d+)?(?=[\s\]),:;])|1\d{12}(?=[\s\]),:;]))"
    r"[\]),:;]*(?:\s+|$)"
)
"""A time in front of a line, and whatever stands between them."""
_MAYBE_TIME = re.compile(r"\d{1,2}[:時시点]\s?\d\d|^\D{0,20}1\d{9}\D{0,4}\d*\s*$|^\D*1\d{12}\s*$")
_LONGEST_TIME = 60


def has_times_in(start: Start) -> bool:
    """Whether times stand between or in front of the first lines of a file."""
    clock = Clock()
    for line in start.lines[:300]:
        match = STAMP.match(line)
        if match is not None and (seconds := clock.read(match[1])) == seconds:
            return True
        if time_alone(line) and (seconds := clock.read(time_alone(line))) == seconds:
            return True
    return False


def time_alone(line: str) -> str:
    """The time that a line seems to consist of; "" if it holds more or something else."""
    text = line.strip()
    if len(text) > _LONGEST_TIME or not _MAYBE_TIME.search(text):
        return ""
    text = text.strip("=-#*[]<> \t")
    for word in ("Date:", "date:", "Time:", "time:", "timestamp:", "Timestamp:"):
        text = text.removeprefix(word).strip()
    return text


class _Shape(NamedTuple):
    """Place of the time in a line, for the lines of the same minute."""

    minute: str
    """The line up to the seconds."""
    start: int
    until: int
    behind: str
    """Characters between the time and the rest."""
    end: int


class LoopClock:
    """Tells when each block of a loop's output was printed."""

    def __init__(self, source: Source, found: Gathering) -> None:
        self._found = found
        self.clock = source.clock()
        self.at = math.nan
        """When what comes next was printed."""
        self._blocks = 0
        self._last_seconds = math.nan
        self._shape: _Shape | None = None
        self._has_times = has_times_in(source.start)

    def read_time(self, line: str) -> bool:
        """Whether the line is a time alone, which then holds for what follows."""
        text = time_alone(line)
        return bool(text) and self.set_time(text)

    def unstamped(self, line: str) -> str:
        """The line without a time in front of it, which then holds for it."""
        shape = self._shape
        if shape is not None and line.startswith(shape.minute):
            end = shape.end
            is_alike = line[shape.until : end] == shape.behind and not line[end : end + 1].isspace()
            if is_alike and self.set_time(line[shape.start : shape.until]):
                return line[end:]
        match = STAMP.match(line)
        if match is None or not self.set_time(match[1]):
            return line
        start, until = match.span(1)
        minute = line[: line.rfind(":", start, until) + 1]
        if minute:
            self._shape = _Shape(minute, start, until, line[until : match.end()], match.end())
        return line[match.end() :]

    @property
    def has_times(self) -> bool:
        """Whether times stand in the file."""
        return self._has_times

    def begin_block(self) -> None:
        """A heading: where no times are told, the next sample begins."""
        if not self._has_times:
            self.at = self._found.moment(float(self._blocks))
            self._blocks += 1

    def finish(self) -> None:
        if not self._has_times and self._blocks:
            self._found.note_missing_times()
        self._found.note_guesses(self.clock, self._last_seconds if self._has_times else math.nan)
        if self._has_times and self.clock.is_dateless:
            self._found.note(_("it has no date; the day is that of the file"))

    def set_time(self, text: str) -> bool:
        """Take a time for what follows; false if it is none."""
        seconds = self.clock.read(text)
        if seconds != seconds:
            return False
        self._has_times = True
        self._last_seconds = seconds
        self.at = self._found.moment(seconds)
        return True

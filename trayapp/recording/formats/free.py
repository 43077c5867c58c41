"""Logs of `free -s`, or of a loop of `free`: the memory of the machine.

Tried with procps-ng 4.0.2 (`-s`, `-h`, `-w -m`, a loop with `date`) and on files of 3.2 and 3.3.
Read are used (before 3.3.10, where it held caches, that of "-/+ buffers/cache") and, where there
is any, swap used. The unit is told by a letter under `-h`; else it is the one in which the machine
has a size that machines have, and a note says so.
"""

from __future__ import annotations

import math
import re

from trayapp.dataclass import NamedTuple
from trayapp.language.catalogue import N_, _
from trayapp.language.units import GIB, KIB, MIB
from trayapp.recording.gathering import Gathering
from trayapp.recording.looped import STAMP
from trayapp.recording.quantities import size_in
from trayapp.recording.reading import LoopReading, read_lines
from trayapp.recording.source import Source, Start

NAME = "free"
EXPECTS = N_("a log of free -s")
_HEADING = re.compile(
    r"(?:[\d:./T+-]+\s+)?\s*[^\W\d]+\s+[^\W\d]+\s+[^\W\d]+\s+\S+.*(?:/|cached|\S+\s+\S+\s+\S+).*"
)
_FIGURE = r"\d[\d.,]*[BKMGTPi]*"
_ROW = re.compile(rf"\s*([^\W\d]\S*?(?: [^\W\d]+)?)\s?:\s*({_FIGURE}(?:\s+{_FIGURE})*)\s*$")
_OLD = re.compile(rf"\s*-/\+ \S+:\s+({_FIGURE})\s+({_FIGURE})")
_LONGEST_LINE = 300
_LEAST_MACHINE, _MOST_MACHINE = 64 * MIB, 64 * 1024 * GIB


def _untimed(line: str) -> str:
    """A heading without a mark of comments and a title for times in front."""
    text = line.strip().lstrip("#").strip()
    first, _blank, rest = text.partition(" ")
    return rest.strip() if first.lower() in ("date", "time", "timestamp") else text


class _Unit(NamedTuple):
    factor: float
    name: str


def resembles(start: Start) -> float:
    lines = [line for line in start.lines[:60] if len(line) <= _LONGEST_LINE]
    for number, line in enumerate(lines[:-1]):
        if _HEADING.fullmatch(_untimed(line)) and ":" not in STAMP.sub("", line, count=1):
            below = STAMP.sub("", lines[number + 1], count=1)
            row = _ROW.match(below)
            if row is not None and len(row[2].split()) >= 5:
                return 1.0
    return 0.0


def read(source: Source, found: Gathering) -> None:
    read_lines(source, _Reading(source, found))


class _Reading(LoopReading):
    """One file while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        super().__init__(source, found)
        self._unit = _unit_of(source.start.lines)
        self._has_available = False
        self._rows = 0
        self._has_swap = False

    def add_line(self, number: int, line: str) -> None:
        if len(line) > _LONGEST_LINE:
            self._found.pass_over(number, line, _("not a row of free"))
            return
        rest = self._clock.unstamped(line) if STAMP.match(line) else line
        if not rest.strip():
            return
        if ":" not in rest and _HEADING.fullmatch(_untimed(rest)):
            self._rows = 0
            words = _untimed(rest).split()
            # Six titles of one word each are those of old, whose "used" holds caches.
            self._has_available = "/" in rest or len(words) == 7
            self._found.mark_read(words[1], _("the machine's memory in use"))
            self._clock.begin_block()
            return
        old = _OLD.match(rest)
        if old is not None:
            self._add(size_in(old[1], self._unit.factor))
            return
        row = _ROW.match(rest)
        if row is not None:
            if line.endswith("\n"):
                self._row(number, line, row)
            return
        if not self._clock.read_time(line):
            self._found.pass_line(number, line, _("not a row of free"))

    def _row(self, number: int, line: str, row: re.Match[str]) -> None:
        figures = row[2].split()
        self._rows += 1
        if len(figures) >= 5:
            if self._has_available:
                size = size_in(figures[1].replace(",", "."), self._unit.factor)
                if size != size:
                    self._found.pass_over(number, line, _("no size"))
                self._add(size)
        elif (
            len(figures) == 3
            and (self._rows > 1)
            and row[1].lower() not in ("total", "low", "high", "comm")
        ):
            size = size_in(figures[1].replace(",", "."), self._unit.factor)
            if size > 0 or self._has_swap:
                self._has_swap = True
                self._found.machine_swap().add(self._clock.at, size)

    def _add(self, size: float) -> None:
        self._found.machine_memory().add(self._clock.at, size)

    def finish(self) -> None:
        super().finish()
        if self._unit.name:
            self._found.note(
                _("it has no unit; {unit} was assumed, by the size of the machine").format(
                    unit=self._unit.name
                )
            )


def _unit_of(lines: tuple[str, ...]) -> _Unit:
    """The unit in which the machine's total is one that machines have."""
    figures: list[str] = []
    for line in lines[:200]:
        if len(line) > _LONGEST_LINE:
            continue
        row = _ROW.match(STAMP.sub("", line, count=1))
        if row is not None and len(row[2].split()) >= 5:
            figures += row[2].split()
    if not figures or any(one[-1:].isalpha() for one in figures):
        return _Unit(math.nan if not figures else KIB, "")
    values = [size_in(one) for one in figures]
    total = values[0]
    # Bytes are whole KiB, which KiB themselves are not for long.
    if total > 64 * MIB and all(value % 1024 == 0 for value in values):
        return _Unit(1, _("bytes"))
    # The kernel counts pages: in KiB all figures are multiples of four.
    units = ((KIB, ""), (MIB, "MiB"), (GIB, "GiB"))
    for factor, name in units if all(value % 4 == 0 for value in values) else units[1:]:
        if _LEAST_MACHINE <= total * factor <= _MOST_MACHINE:
            return _Unit(factor, name)
    return _Unit(KIB, "KiB")

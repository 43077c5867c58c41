"""What `sar -r`, `-S` and `-B` of sysstat print: the memory of the machine.

Tried with 12.6.1 and 12.8.0 (also `-r ALL`, `-h`, `--human`, `-A`, in several languages) and on
files of 10 and 11. Read are kbmemused (before 11.6.4, where it held caches, without kbbuffers and
kbcached) and kbswpused, in KiB or with a letter under `--human`. A restart begins a run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from trayapp.errors import RecordingError
from trayapp.language.catalogue import N_, _
from trayapp.language.units import KIB
from trayapp.recording.formats.pidstat import BANNER, SysstatClock
from trayapp.recording.gathering import Gathered, Gathering
from trayapp.recording.quantities import size_in
from trayapp.recording.source import Source, Start

NAME = "sar"
EXPECTS = N_("a log of sar -r")
_FIRSTS = ("kbmemfree", "kbmemused", "kbswpfree", "kbswpused", "pgpgin/s", "kbavail")
_MOST_CLOCK_WORDS = 7
_PROCESSORS = re.compile(
    r"(?:\d\d:\d\d:\d\d(?: [AP]M)?|\S+:)\s+(?:all|\d+)(?:\s+\d+[.,]\d\d){6,}\s*"
)
"""A row about processors, as it stands where somebody cut the headings off."""


class MachineMemory:
    """Takes the machine's figures, as sysstat names them; shared by all of its forms."""

    def __init__(self, found: Gathering) -> None:
        self._found = found
        self.has_memory = False
        """Whether a size in use was met."""

    def take_titles(self, titles: Mapping[str, int] | list[str]) -> None:
        """Say what is read, and what is not."""
        caches: list[str] = []
        if "kbmemused" in titles:
            # Those that tell what is available count caches as free.
            old = "kbavail" not in titles
            caches = [one for one in ("kbbuffers", "kbcached") if old and one in titles]
            meaning = _("the machine's memory in use, in KiB")
            if caches:
                meaning = _("the machine's memory in use, without caches, in KiB")
            self._found.take("-".join(("kbmemused", *caches)), meaning)
            self.has_memory = True
        if "kbswpused" in titles:
            self._found.take("kbswpused", _("swap in use, in KiB"))
            self.has_memory = True
        for title in ("kbmemfree", "kbavail", "kbswpfree"):
            if title in titles:
                self._found.leave_out(title, _("what is free, not what is used"))
        for title in ("kbcommit", "kbbuffers", "kbcached", "kbactive", "kbinact"):
            if title in titles and title not in caches:
                self._found.leave_out(title, _("only a part, such as a cache or shared pages"))

    def used(self) -> Gathered:
        """The series of memory in use."""
        return self._found.series("memory", _("memory used"), kind="machine")

    def swap(self) -> Gathered:
        """The series of swap in use."""
        return self._found.series("swap", _("swap used"), kind="swap")


def resembles(start: Start) -> float:
    """By a heading of memory, swap or paging below a time, or sysstat's banner."""
    lines = start.lines
    if any(_heading(line) is not None for line in lines):
        return 1.0
    # Processors alone, for example: an error of ours names it.
    is_other = any(map(BANNER.match, lines[:3])) or any(map(_PROCESSORS.fullmatch, lines[:20]))
    return 0.6 if is_other else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read what was printed.

    Raises: RecordingError if no memory is told in it.
    """
    reading = _Reading(source, found)
    for number, line in enumerate(source.lines(), 1):
        reading.take(number, line)
    reading.finish()


def _heading(line: str) -> tuple[str, list[str]] | None:
    words = line.split()
    first = next((at for at, word in enumerate(words[:9]) if word in _FIRSTS), -1)
    if not 1 <= first <= _MOST_CLOCK_WORDS:
        return None
    clock = " ".join(words[:first])
    is_clock = any(one.isdecimal() for one in clock)
    # `sadf -p` has a figure behind each title.
    return (clock, words[first:]) if is_clock and not words[-1].isdecimal() else None


class _Columns(NamedTuple):
    """Where the figures stand below a heading; -1 where they do not."""

    clock_words: int = 0
    width: int = 0
    used: int = -1
    caches: tuple[int, ...] = ()
    swap: int = -1


class _Reading:
    """One file while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        self._path = source.path
        self._found = found
        headings = filter(None, map(_heading, source.start.lines))
        self._clock = SysstatClock(source, found, next(headings, ("", []))[0])
        self._machine = MachineMemory(found)
        self._columns: _Columns | None = None

    def take(self, number: int, line: str) -> None:
        words = line.split()
        if not words:
            return
        if words[-1][-1:] not in "0123456789KMGT%":
            heading = _heading(line)
            if heading is not None:
                self._columns = self._read_heading(*heading)
                return
        if "_" in line and self._clock.take_banner(line):
            self._columns = None
            return
        if "RESTART" in line:
            self._found.begin_run()
            return
        if self._columns is None or not (self._columns.used >= 0 or self._columns.swap >= 0):
            return
        self._row(number, line, words, self._columns)

    def _read_heading(self, clock: str, titles: list[str]) -> _Columns:
        count = len(clock.split())
        at = {title: number + count for number, title in enumerate(titles)}
        self._machine.take_titles(at)
        # Those that tell what is available count caches as free.
        old = "kbmemused" in at and "kbavail" not in at
        caches = tuple(at[one] for one in ("kbbuffers", "kbcached") if old and one in at)
        return _Columns(
            count, count + len(titles), at.get("kbmemused", -1), caches, at.get("kbswpused", -1)
        )

    def _row(self, number: int, line: str, words: list[str], columns: _Columns) -> None:
        if not line.endswith("\n"):
            return  # cut off: a figure at its end is not what it was to be
        count = columns.clock_words
        at = self._clock.read(words[0] if count == 1 else " ".join(words[:count]))
        if at != at or len(words) != columns.width or words[count][0] not in "-0123456789":
            self._no_row(number, line, words, at)
            return
        if columns.used >= 0:
            size = size_in(words[columns.used], KIB)
            for one in columns.caches:
                size -= size_in(words[one], KIB)
            self._add(number, line, self._machine.used(), at, size)
        if columns.swap >= 0:
            self._add(number, line, self._machine.swap(), at, size_in(words[columns.swap], KIB))

    def _no_row(self, number: int, line: str, words: list[str], at: float) -> None:
        """Averages, and the headings of other blocks, are not to be counted as broken."""
        if words[0].endswith((":", "：")) or words[1:2] == [":"]:
            return
        count = self._columns.clock_words if self._columns else 1
        if at == at and not any(word[:1] in "-.0123456789" for word in words[count:]):
            self._columns = None
            return
        self._found.pass_over(number, line, _("no row of sar"))

    def _add(self, number: int, line: str, series: Gathered, at: float, size: float) -> None:
        if size == size:
            series.add(at, size)
        else:
            self._found.pass_over(number, line, _("no size"))

    def finish(self) -> None:
        if not self._machine.has_memory:
            raise RecordingError(
                _("{path} is of sar, but without memory in use; make it by sar -r").format(
                    path=self._path
                )
            )
        self._clock.finish()

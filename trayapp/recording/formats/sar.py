"""Logs of sysstat's `sar -r`, `-S` and `-B`: the memory of the machine.

Tried with 12.6.1 and 12.8.0 (also `-r ALL`, `-h`, `--human`, `-A`, in several languages) and on
files of 10 and 11. Read are kbmemused (of versions that count caches as used, without kbbuffers and
kbcached) and kbswpused, in KiB or with a letter under `--human`. A restart begins a run.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from trayapp.language.catalogue import N_, _
from trayapp.language.units import KIB
from trayapp.recording.formats.pidstat import BANNER, SysstatClock
from trayapp.recording.gathering import Gathering
from trayapp.recording.quantities import number_of, size_in
from trayapp.recording.reading import read_lines
from trayapp.recording.source import Source, Start

NAME = "sar"
EXPECTS = N_("a log of sar -r")
_FIRSTS = ("kbmemfree", "kbmemused", "kbswpfree", "kbswpused", "pgpgin/s", "kbavail")
_SIZES = ("kbmemfree", "kbavail", "kbmemused", "kbbuffers", "kbcached", "kbswpused")
_CACHES = ("kbbuffers", "kbcached")
_SHARES = ("%memused", "kbmemused-percent")
_MOST_CLOCK_WORDS = 7
_PROCESSORS = re.compile(
    r"(?:\d\d:\d\d:\d\d(?: [AP]M)?|\S+:)\s+(?:all|\d+)(?:\s+\d+[.,]\d\d){6,}\s*"
)
"""A row about processors, as it stands where somebody cut the headings off."""


class MachineFigures:
    """The machine's figures, in KiB, under the titles of `sar`; shared by all forms of sysstat."""

    def __init__(self, found: Gathering) -> None:
        self._found = found
        self._is_marked = False
        self._counts_caches: bool | None = None
        """By the first share that tells it; None: not known yet."""
        self.has_memory = False
        """Whether a size in use was met."""

    def mark_titles(self, titles: Iterable[str]) -> None:
        """Note what a heading tells that is not read."""
        for title in titles:
            if title in ("kbmemused", "kbswpused"):
                self.has_memory = True
            elif title in ("kbmemfree", "kbavail", "kbswpfree"):
                self._found.leave_out(title, _("free memory, not used memory"))
            elif title in ("kbcommit", "kbactive", "kbinact"):
                self._found.leave_out(title, _("only a part, such as a cache or shared pages"))

    def add_figures(self, at: float, figures: Mapping[str, float]) -> None:
        """Add what is in use at one moment, of figures by title in KiB."""
        used, swap = figures.get("kbmemused"), figures.get("kbswpused")
        if used is not None and used == used:
            caches: list[str] = []
            if self._holds_caches(used, figures):
                caches = [one for one in _CACHES if one in figures]
                used -= sum(figures[one] for one in caches)
            if not self._is_marked:
                self._mark_read(caches, figures)
            self._found.machine_memory().add(at, used * KIB)
        if swap is not None and swap == swap:
            self.has_memory = True
            self._found.mark_read("kbswpused", _("swap in use, in KiB"))
            self._found.machine_swap().add(at, swap * KIB)

    def _holds_caches(self, used: float, figures: Mapping[str, float]) -> bool:
        """Whether caches are counted as used: then used and free are all that the share is of."""
        if self._counts_caches is None:
            share = next((figures[one] for one in _SHARES if one in figures), 0.0)
            total = used + figures.get("kbmemfree", float("nan"))
            if share % 1 > 0 and total > 0:
                self._counts_caches = abs(100 * used / total - share) < 0.006
        # Old versions, whose share may have no decimals, do not tell what is available.
        return "kbavail" not in figures if self._counts_caches is None else self._counts_caches

    def _mark_read(self, caches: list[str], figures: Mapping[str, float]) -> None:
        self._is_marked = self.has_memory = True
        meaning = _("the machine's memory in use, in KiB")
        if caches:
            meaning = _("the machine's memory in use, without caches, in KiB")
        self._found.mark_read("-".join(("kbmemused", *caches)), meaning)
        for title in _CACHES:
            if title in figures and title not in caches:
                self._found.leave_out(title, _("only a part, such as a cache or shared pages"))


def resembles(start: Start) -> float:
    lines = start.lines
    if any(_heading(line) is not None for line in lines):
        return 1.0
    # Processors alone, for example: an error of ours names it.
    is_other = any(map(BANNER.match, lines[:3])) or any(map(_PROCESSORS.fullmatch, lines[:20]))
    return 0.6 if is_other else 0.0


def read(source: Source, found: Gathering) -> None:
    read_lines(source, _Reading(source, found))


def _heading(line: str) -> tuple[str, list[str]] | None:
    words = line.split()
    first = next((at for at, word in enumerate(words[:9]) if word in _FIRSTS), -1)
    if not 1 <= first <= _MOST_CLOCK_WORDS:
        return None
    clock = " ".join(words[:first])
    is_clock = any(one.isdecimal() for one in clock)
    # `sadf -p` has a figure behind each title.
    return (clock, words[first:]) if is_clock and not words[-1].isdecimal() else None


def _kib(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return size_in(text, KIB) / KIB


class _Reading:
    """One file while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        self._source = source
        self._found = found
        headings = filter(None, map(_heading, source.start.lines))
        self._clock = SysstatClock(source, found, next(headings, ("", []))[0])
        self._machine = MachineFigures(found)
        self._clock_words = self._width = 0
        self._sizes: list[tuple[str, int]] = []
        """Titles and places of the sizes below a heading of memory or swap."""
        self._share: tuple[str, int] | None = None

    def add_line(self, number: int, line: str) -> None:
        words = line.split()
        if not words:
            return
        if words[-1][-1:] not in "0123456789KMGT%":
            heading = _heading(line)
            if heading is not None:
                self._set_heading(*heading)
                return
        if "_" in line and self._clock.add_banner(line):
            self._sizes = []
        elif "RESTART" in line:
            self._found.begin_run()
        elif self._sizes and line.endswith("\n"):
            # A figure at the end of what was cut off is not what it was to be.
            self._add_row(number, line, words)

    def _set_heading(self, clock: str, titles: list[str]) -> None:
        count = self._clock_words = len(clock.split())
        self._width = count + len(titles)
        places = {title: at for at, title in enumerate(titles, count)}
        self._machine.mark_titles(titles)
        has_sizes = "kbmemused" in places or "kbswpused" in places
        self._sizes = [(one, places[one]) for one in _SIZES if has_sizes and one in places]
        self._share = ("%memused", places["%memused"]) if "%memused" in places else None

    def _add_row(self, number: int, line: str, words: list[str]) -> None:
        count = self._clock_words
        at = self._clock.read(words[0] if count == 1 else " ".join(words[:count]))
        if at != at or len(words) != self._width or words[count][0] not in "-0123456789":
            self._pass_over(number, line, words, at)
            return
        figures = {title: _kib(words[where]) for title, where in self._sizes}
        if math.isnan(sum(figures.values())):
            self._found.pass_over(number, line, _("no size"))
            return
        if self._share is not None:
            figures[self._share[0]] = number_of(words[self._share[1]].replace(",", "."))
        self._machine.add_figures(at, figures)

    def _pass_over(self, number: int, line: str, words: list[str], at: float) -> None:
        """Averages, and the headings of other blocks, are not to be counted as broken."""
        if words[0].endswith((":", "：")) or words[1:2] == [":"]:
            return
        if at == at and not any(word[:1] in "-.0123456789" for word in words[self._clock_words :]):
            self._sizes = []
            return
        self._found.pass_over(number, line, _("not a row of sar"))

    def finish(self) -> None:
        if not self._machine.has_memory:
            raise self._source.refusal(
                _("{path} is from sar, but has no memory in use in it; create it with sar -r")
            )
        self._clock.finish()

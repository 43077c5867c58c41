"""Logs of `vmstat`: of what the machine uses they tell only swap, beside what is free.

Tried with procps-ng 4.0.2 (`-t`, `-w`, `-S M`, `-a`, `-n`, and loops of `-s`). swpd is read: KiB,
or what `-S` asked for, which is not told. Without `-t` there are no times: samples are placed one
second apart, with a note. A machine that never used swap tells nothing of what it has in use, and
is refused. Of `-s` used memory and used swap are read, which name their unit.
"""

from __future__ import annotations

import re

from trayapp.language.catalogue import N_, _
from trayapp.language.units import GIB, KIB, MIB
from trayapp.recording.gathering import Gathering
from trayapp.recording.looped import STAMP
from trayapp.recording.reading import LoopReading, read_lines
from trayapp.recording.source import Source, Start

NAME = "vmstat"
EXPECTS = N_("a log of vmstat -t")
_PART = N_("only a part, such as a cache or shared pages")
_UNUSED = {"free": N_("free memory, not used memory")} | dict.fromkeys(
    ("buff", "cache", "inact", "active"), _PART
)
_STATISTIC = re.compile(
    r"\s*(\d+) ([kKmMG]) ((?:total|used|free|buffer) memory|swap cache|used swap)\s*"
)
_UNITS = {"k": 1e3, "K": float(KIB), "m": 1e6, "M": float(MIB), "G": float(GIB)}


def resembles(start: Start) -> float:
    if any(map(_is_heading, start.lines[:60])):
        return 1.0
    return 1.0 if _is_statistics(start) else 0.0


def read(source: Source, found: Gathering) -> None:
    if _is_statistics(source.start):
        read_lines(source, _Statistics(source, found))
    else:
        read_lines(source, _Rows(source, found))


def _is_heading(line: str) -> bool:
    words = line.split()
    return "swpd" in words and "free" in words and "so" in words


def _is_statistics(start: Start) -> bool:
    told = [match[3] for line in start.lines[:20] if (match := _STATISTIC.fullmatch(line))]
    return "total memory" in told and "used memory" in told


class _Statistics(LoopReading):
    """Reads `vmstat -s`: a line each of a figure, its unit and its name."""

    def __init__(self, source: Source, found: Gathering) -> None:
        super().__init__(source, found)
        self._block: dict[str, float] = {}
        self._at = self._clock.at

    def add_line(self, number: int, line: str) -> None:  # noqa: ARG002  (all others are counters)
        match = _STATISTIC.fullmatch(line) if line.endswith("\n") else None
        if match is None:
            self._clock.read_time(line)
            return
        if match[3] == "total memory":
            self._add_block()
            self._clock.begin_block()
            self._at = self._clock.at
        self._block[match[3]] = float(match[1]) * _UNITS[match[2]]

    def _add_block(self) -> None:
        block, self._block = self._block, {}
        if "used memory" in block and "free memory" in block:
            used = block["used memory"]
            meaning = _("the machine's memory in use")
            # procps before 3.3.10 counts caches as used.
            if used == block.get("total memory", 0) - block["free memory"]:
                used -= block.get("buffer memory", 0) + block.get("swap cache", 0)
            self._found.mark_read("used memory", meaning)
            self._found.machine_memory().add(self._at, used)
        if "used swap" in block:
            self._found.mark_read("used swap", _("swap used"))
            self._found.machine_swap().add(self._at, block["used swap"])

    def finish(self) -> None:
        # What breaks off within a block may lack what tells how to reckon.
        if "swap cache" in self._block:
            self._add_block()
        super().finish()


class _Rows(LoopReading):
    """Reads rows of figures below the headings."""

    def __init__(self, source: Source, found: Gathering) -> None:
        super().__init__(source, found)
        self._swap = found.machine_swap()
        self._is_stamped = any(map(STAMP.match, source.start.lines[:20]))
        self._has_times = False
        self._count = 0
        """Of the figures in a row."""
        self._swap_at = -1
        found.mark_read("swpd", _("swap in use, in KiB"))

    def add_line(self, number: int, line: str) -> None:
        rest = self._clock.unstamped(line) if self._is_stamped else line
        words = rest.split()
        count = self._count
        figures = words[:count]
        if not count or len(figures) < count or not "".join(figures).isdecimal():
            self._add_other(number, line, words)
        elif self._has_times and not self._clock.set_time(" ".join(words[count:])):
            self._found.pass_line(number, line, _("no time"))
        else:
            self._clock.begin_block()
            self._swap.add(self._clock.at, float(figures[self._swap_at]) * KIB)

    def _add_other(self, number: int, line: str, words: list[str]) -> None:
        if "swpd" in words and _is_heading(line):
            # A title behind the figures is that of the times: the name of a zone.
            self._has_times = (
                "timestamp" in (line, *self._source.start.lines[:2])[1] or words[-1].isupper()
            )
            self._count = len(words) - self._has_times
            self._swap_at = words.index("swpd")
            for title in filter(_UNUSED.get, words):
                self._found.leave_out(title, _(_UNUSED[title]))
        elif (
            words
            and self._count
            and not words[0].startswith(("procs", "-"))
            and not self._clock.read_time(line)
        ):
            self._found.pass_line(number, line, _("not a row of vmstat"))

    def finish(self) -> None:
        if not any(size > 0 for size in self._swap.sizes):
            raise self._source.refusal(
                _(
                    "{path} is from vmstat, which shows free memory instead of used memory, "
                    "and no swap was used; record with sar -r or free -s"
                )
            )
        super().finish()

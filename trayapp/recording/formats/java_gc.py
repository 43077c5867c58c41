"""Logs of Java's garbage collectors: the heap after each collection.

Tried with unified logs of 17.0.15 (`-Xlog:gc`, `gc*`, `-verbose:gc`; G1, parallel, serial, Z,
Shenandoah; with uptime, time, milliseconds, pid), and on logs of Java 6 to 8
(`-XX:+PrintGCDetails`, with and without dates). What a cycle has not collected yet (remark,
concurrent marking) is passed by. A clock or a count of collections that starts again is a restart.
"""

from __future__ import annotations

import re

from trayapp.language.catalogue import N_, _
from trayapp.language.units import GIB, KIB, MIB
from trayapp.recording.gathering import Gathered, Gathering
from trayapp.recording.reading import Reading, read_lines
from trayapp.recording.source import Source, Start

NAME = "Java GC"
EXPECTS = N_("a log of Java's garbage collector")
_SIZE = r"(\d+(?:[.,]\d+)?)([BKMGT])"
_ANY_SIZE = r"\d+(?:[.,]\d+)?[BKMGT]"
_UNIFIED = re.compile(
    r"GC\((\d+)\) (?:[YO]: )?(?:Pause (?!Remark|Cleanup|Init|Final|Initial)|Concurrent cleanup"
    r"|Garbage Coll|Minor Coll|Major Coll|Young Gen|Old Gen)[^>]* "
    rf"{_ANY_SIZE}(?:\(\d+%\))?->{_SIZE}(?=\()"
)
_UPTIME = re.compile(r"\s*(\d+(?:[.,]\d+)?)(ms|ns|s)\s*")
_COLLECTION = re.compile(r"GC\((\d+)\)")
_OLD = re.compile(r"\[(?:Full GC|GC(?=[ -]*(?:\(|pause|\d|\[)))")
_OLD_TIME = re.compile(
    r"(?:(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.,]\d+[+-]\d{4}): ?)?(?:(\d+[.,]\d+): ?)?$"
)
_LONGEST_TIME = 60
_PAIR = re.compile(rf" (?<!: ){_ANY_SIZE}->{_SIZE}\(")
_OLD_HEAP = re.compile(rf"Heap: {_ANY_SIZE}\([^)]*\)->{_SIZE}\(")
_UNITS = {"B": 1, "K": KIB, "M": MIB, "G": GIB, "T": 1024 * GIB}
_PER_SECOND = {"s": 1.0, "ms": 1e-3, "ns": 1e-9}


def resembles(start: Start) -> float:
    lines = start.lines
    if any(_COLLECTION.search(line) and "->" in line for line in lines):
        return 0.95
    if any(_OLD.search(line) for line in lines[:400]):
        return 0.95
    return 0.6 if any("[gc" in line and "Using " in line for line in lines[:20]) else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read a log; other lines, of the program itself, may stand between.

    Raises: RecordingError if it tells no times.
    """
    read_lines(source, _Reading(source, found))


class _Reading(Reading):
    """One log while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        super().__init__(source, found)
        self._heap: Gathered = found.series("heap", _("Java heap"), kind="heap")
        self._lacks_times = False
        self._at = float("nan")
        self._number = -1
        self._is_dated: bool | None = None
        found.mark_read("A->B(C)", _("the heap after each collection"))

    def add_line(self, number: int, line: str) -> None:
        start = line.find("GC(")
        if start >= 0:
            match = _UNIFIED.match(line, start)
            if match is not None:
                self._add_unified(line, match)
        elif "->" not in line:
            # G1 of Java 7 and 8 tells the heap some lines below the pause.
            if (start := _old_start(line)) >= 0:
                self._at = self._old_moment(line, start)
        elif "GC" in line or "Heap:" in line:
            self._add_old(number, line)

    def _add_unified(self, line: str, match: re.Match[str]) -> None:
        if not line.endswith("\n") and not line.rstrip().endswith(("s", ")")):
            return
        number = int(match[1])
        at = self._moment(line, match.start())
        if at != at:
            self._lacks_times = True
            return
        if number < self._number:
            self._heap.begin_run()
        self._number = number
        self._heap.add(at, float(match[2].replace(",", ".")) * _UNITS[match[3]])

    def _moment(self, line: str, end: int) -> float:
        """Read the decorations in front: the time of day, else the seconds since its start."""
        uptime = float("nan")
        # What stands in front of them is another program's.
        for part in line[line.find("[") : end].strip().strip("[]").split("]["):
            if len(part) > 18 and part[:4].isdecimal():
                return self._found.moment(self._clock.read(part.strip()))
            if (told := _UPTIME.fullmatch(part)) is not None:
                # Nanoseconds and milliseconds come in twos: of the clock, and of the program.
                uptime = float(told[1].replace(",", ".")) * _PER_SECOND[told[2]]
        return self._found.moment(uptime)

    def _old_moment(self, line: str, end: int) -> float:
        """Read the time in front of a collection; of both kinds always that of the first line."""
        match = _OLD_TIME.match(line, 0, end) or _OLD_TIME.search(
            line, max(0, end - _LONGEST_TIME), end
        )
        told = match.groups() if match else (None, None)
        if self._is_dated is None and any(told):
            self._is_dated = told[0] is not None
        if self._is_dated and told[0]:
            return self._found.moment(self._clock.read(told[0].replace(",", ".")))
        if self._is_dated is False and told[1]:
            return self._found.moment(float(told[1].replace(",", ".")))
        return float("nan")

    def _add_old(self, number: int, line: str) -> None:
        start = _old_start(line)
        if start < 0:
            heaps = _OLD_HEAP.findall(line)
        else:
            self._at = self._old_moment(line, start)
            # Of the whole heap: the parts of it have their names in front.
            heaps = _PAIR.findall(line, start)
            if len(heaps) != 1 and "concurrent" not in line:
                # A line of a collection in the middle of which another thread wrote.
                self._found.pass_line(number, line, _("no heap before and after"))
        if len(heaps) != 1:
            return
        if self._at != self._at:
            self._lacks_times = True
            if self._is_dated is not None:
                self._found.pass_over(number, line, _("no time"))
            return
        size, unit = heaps[0]
        self._heap.add(self._at, float(size.replace(",", ".")) * _UNITS[unit])

    def finish(self) -> None:
        if not len(self._heap) and self._lacks_times:
            raise self._source.refusal(
                _(
                    "{path} has no times; log with -Xlog:gc:file=…:time,uptime (Java 8: "
                    "-XX:+PrintGCDateStamps)"
                )
            )
        super().finish()


def _old_start(line: str) -> int:
    """Return where the collection of a line of Java 5 to 8 begins; -1 if there is none."""
    start = line.find("[")
    while start >= 0 and not _OLD.match(line, start):
        start = line.find("[", start + 1)
    return start

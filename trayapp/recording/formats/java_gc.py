"""Logs of Java's garbage collectors: the heap after each collection.

Tried with unified logs of 17.0.15 (`-Xlog:gc`, `gc*`, `-verbose:gc`; G1, parallel, serial, Z,
Shenandoah; with uptime, time, milliseconds, pid), and on logs of Java 6 to 8
(`-XX:+PrintGCDetails`, with and without dates). What a cycle has not collected yet (remark,
concurrent marking) is passed by. A clock or a count of collections that starts again is a restart.
"""

from __future__ import annotations

import re

from trayapp.errors import RecordingError
from trayapp.language.catalogue import N_, _
from trayapp.language.units import GIB, KIB, MIB
from trayapp.recording.clocks import Clock
from trayapp.recording.gathering import Gathered, Gathering
from trayapp.recording.minutes import MinuteClock
from trayapp.recording.source import Source, Start

NAME = "Java GC"
EXPECTS = N_("a log of Java's garbage collector")
_SIZE = r"(\d+(?:[.,]\d+)?)([BKMGT])"
_UNIFIED = re.compile(
    r"GC\(\d+\) (?:[YO]: )?(Pause (?!Remark|Cleanup|Init|Final|Initial)|Concurrent cleanup"
    rf"|Garbage Coll|Minor Coll|Major Coll|Young Gen|Old Gen).*? "
    rf"{_SIZE}(?:\(\d+%\))?->{_SIZE}(?=\()"
)
_DECORATIONS = re.compile(r"((?:\[[^\]]*\])+)\s*GC\(")
_DECORATION = re.compile(r"\[([^\]]*)\]")
_UPTIME = re.compile(r"\s*(\d+(?:[.,]\d+)?)(ms|ns|s)\s*")
_COLLECTION = re.compile(r"GC\((\d+)\)")
_OLD = re.compile(r"\[(?:Full GC|GC(?=[ -]*(?:\(|pause|\d|\[)))")
_OLD_TIME = re.compile(
    r"(?:(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.,]\d+[+-]\d{4}): ?)?(?:(\d+[.,]\d+): ?)?$"
)
_LONGEST_TIME = 60
_PAIR = re.compile(rf" {_SIZE}->{_SIZE}\(")
_OLD_HEAP = re.compile(rf"Heap: {_SIZE}\([^)]*\)->{_SIZE}\(")
_UNITS = {"B": 1, "K": KIB, "M": MIB, "G": GIB, "T": 1024 * GIB}
_PER_SECOND = {"s": 1.0, "ms": 1e-3, "ns": 1e-9}


def resembles(start: Start) -> float:
    """By lines of collections."""
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
    reading = _Reading(source, found)
    for number, line in enumerate(source.lines(), 1):
        reading.take(number, line)
    reading.finish(source)


class _Reading:
    """One log while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        self._found = found
        self._clock = MinuteClock(
            Clock(
                zone=source.instructions.timezone, latest_wall_seconds=source.path.stat().st_mtime
            )
        )
        self._heap: Gathered = found.series("heap", _("Java heap"), kind="heap")
        self._lacks_times = False
        self._at = float("nan")
        self._number = -1
        self._is_dated: bool | None = None
        found.take("A->B(C)", _("the heap after each collection"))

    def take(self, number: int, line: str) -> None:
        if "GC" not in line and "Heap:" not in line:
            return
        if "->" not in line:
            self._take_time(line)
            return
        match = _UNIFIED.search(line) if "GC(" in line else None
        if match is not None:
            self._unified(line, match)
            return
        if "GC(" in line:
            return
        self._old(number, line)

    def _unified(self, line: str, match: re.Match[str]) -> None:
        if not line.endswith("\n") and not line.rstrip().endswith(("s", ")")):
            return
        count = _COLLECTION.search(line)
        number = int(count[1]) if count else -1
        at = self._moment(line)
        if at != at:
            self._lacks_times = True
            return
        if number < self._number:
            self._heap.begin_run()
        self._number = number
        self._heap.add(at, float(match[4].replace(",", ".")) * _UNITS[match[5]])

    def _moment(self, line: str) -> float:
        """By the decorations in front: the time of day, else the seconds since its start."""
        match = _DECORATIONS.search(line)
        if match is None:
            return float("nan")
        uptime = float("nan")
        for part in _DECORATION.findall(match[1]):
            if (told := _UPTIME.fullmatch(part)) is not None:
                # Nanoseconds and milliseconds come in twos: of the clock, and of the program.
                uptime = float(told[1].replace(",", ".")) * _PER_SECOND[told[2]]
            elif len(part) > 18 and part[:4].isdecimal():
                return self._found.moment(self._clock.read(part.strip()))
        return self._found.moment(uptime)

    def _take_time(self, line: str) -> None:
        """G1 of Java 7 and 8 tells the heap some lines below the pause."""
        match = _OLD.search(line)
        if match is not None:
            self._at = self._old_moment(line, match.start())

    def _old_moment(self, line: str, end: int) -> float:
        """The time in front of a collection; of both kinds always that of the first line."""
        match = _OLD_TIME.search(line, max(0, end - _LONGEST_TIME), end)
        told = match.groups() if match else (None, None)
        if self._is_dated is None and any(told):
            self._is_dated = told[0] is not None
        if self._is_dated and told[0]:
            return self._found.moment(self._clock.read(told[0].replace(",", ".")))
        if self._is_dated is False and told[1]:
            return self._found.moment(float(told[1].replace(",", ".")))
        return float("nan")

    def _old(self, number: int, line: str) -> None:
        start = _OLD.search(line)
        if start is None:
            heap = _OLD_HEAP.search(line)
            if heap is not None:
                self._add(number, line, self._at, heap)
            return
        self._at = self._old_moment(line, start.start())
        # Of the whole heap: the parts of it have their names in front.
        pairs = [one for one in _PAIR.finditer(line, start.end()) if line[one.start() - 1] != ":"]
        if len(pairs) != 1:
            # A line of a collection in the middle of which another thread wrote.
            if line.endswith("\n") and "concurrent" not in line:
                self._found.pass_over(number, line, _("no heap before and after"))
            return
        self._add(number, line, self._at, pairs[0])

    def _add(self, number: int, line: str, at: float, match: re.Match[str]) -> None:
        if at != at:
            self._lacks_times = True
            if self._is_dated is not None:
                self._found.pass_over(number, line, _("no time"))
            return
        self._heap.add(at, float(match[3].replace(",", ".")) * _UNITS[match[4]])

    def finish(self, source: Source) -> None:
        """Raises: RecordingError."""
        if not len(self._heap) and self._lacks_times:
            raise RecordingError(
                _(
                    "{path} tells no times; log with -Xlog:gc:file=…:time,uptime (Java 8:"
                    " -XX:+PrintGCDateStamps)"
                ).format(path=source.path)
            )

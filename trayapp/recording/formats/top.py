"""Logs of `top -b`, of procps 3 and 4: a block for each moment.

Tried with procps-ng 4.0.2 (also `-c`, `-w`, `-e`, `-E`, in German) and on files of 3.2 and 3.3; and
on `top -l` of macOS, whose MEM is read. RES is read: KiB, or with a letter as `e` scales it. There
is no date in it: the day is that of the file. Of a file without programs the machine's memory in
use is read.
"""

from __future__ import annotations

import re

from trayapp.language.catalogue import N_, _
from trayapp.language.units import GIB, KIB, MIB
from trayapp.recording.gathering import Gathering
from trayapp.recording.looped import LoopClock
from trayapp.recording.program_rows import PIDS, ProgramRows
from trayapp.recording.quantities import number_in, size_in
from trayapp.recording.reading import LoopReading, read_lines
from trayapp.recording.source import Source, Start

NAME = "top"
EXPECTS = N_("a log of top -b")
_TOP = re.compile(r"\s*top - (\d{1,2}:\d\d:\d\d) ")
_SUMMARY = re.compile(
    r"(?P<unit>[KMGTPE]iB)?\s*(?P<what>\w+)\s*:\s*(?P<total>[\d.,]+)\s?(?P<letter>[kMG]?)\s*total,"
    r"(?P<rest>.*)"
)
_USED = re.compile(r"([\d.,]+)\s?([kMG]?)\s*used")
_CACHES = re.compile(r"([\d.,]+)\s?([kMG]?)\s*buff/cache")
_UNITS = {"": KIB, "K": KIB, "k": KIB, "M": MIB, "G": GIB, "T": 1024 * GIB}
_MAC_DATE = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d$")
_LONGEST_ROW = 400
"""A row can be understood in many ways, which takes long for a long one."""
_MAC_ROW = re.compile(r"\s*(\d+)\*?[-+]?\s+(\S.*?)\s+\d+\.\d+\s.*?\s([\d.]+[BKMGT])[-+]?(?=\s|$)")


def resembles(start: Start) -> float:
    if any(map(_TOP.match, start.lines[:100])):
        return 1.0
    is_mac = start.text.startswith("Processes: ") and "Load Avg:" in start.text[:600]
    if is_mac:
        return 1.0
    # Only the rows, as grep leaves them.
    return 0.6 if any(_is_heading(line) for line in start.lines[:100]) else 0.0


def read(source: Source, found: Gathering) -> None:
    if source.start.text.startswith("Processes: "):
        _read_mac(source, found)
        return
    read_lines(source, _Reading(source, found))


def _is_heading(line: str) -> bool:
    words = line.split()
    return "PID" in words and ("RES" in words or "VIRT" in words)


class _Reading(LoopReading):
    """One file while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        super().__init__(source, found)
        self._has_tops = any(map(_TOP.match, source.start.lines))
        self._rows = ProgramRows(found)
        self._is_below = False

    def add_line(self, number: int, line: str) -> None:
        if not line.strip():
            self._is_below = self._is_below and self._rows.tells_memory and not self._has_tops
            return
        if self._is_below and self._rows.add_row(line, self._clock.at):
            return
        top = _TOP.match(line)
        if top is not None:
            self._clock.set_time(top[1])
            self._is_below = False
        elif any(pid in line for pid in PIDS) and _is_heading(line):
            if not self._has_tops:
                self._clock.begin_block()
            self._rows.set_heading(line.split())
            self._is_below = self._rows.tells_memory
        elif (summary := _SUMMARY.match(line)) is not None:
            self._add_machine(summary)
        elif self._is_below and not self._clock.read_time(line):
            self._found.pass_line(number, line, _("not a row of top"))

    def _add_machine(self, summary: re.Match[str]) -> None:
        if summary["what"] == "Swap":
            return
        used, caches = _USED.search(summary["rest"]), _CACHES.search(summary["rest"])
        if used is None or self._rows.has_memory:
            return
        unit = _UNITS[(summary["unit"] or summary["letter"] or "K")[0]]
        size = number_in(used[1].replace(",", ".")) * unit
        # procps before 3.3.10 counts caches as used, and does not name them there.
        if caches is not None or summary["unit"]:
            self._found.machine_memory().add(self._clock.at, size)

    def finish(self) -> None:
        self._found.prefer_programs("Mem")
        if not self._found.everyone and not self._rows.has_memory:
            raise self._source.refusal(_("{path} is from top, but has no RES, the memory in use"))
        super().finish()


def _read_mac(source: Source, found: Gathering) -> None:
    """`top -l` of macOS, whose commands come second and may hold blanks."""
    clock = LoopClock(source, found)
    found.mark_read("MEM", _("memory in use, as macOS counts it"))
    is_below = False
    for number, line in enumerate(source.lines(), 1):
        if _MAC_DATE.match(line.strip()):
            clock.set_time(line.strip())
            is_below = False
        elif line.startswith("PID"):
            is_below = "MEM" in line.split()
        elif is_below and line.strip():
            row = _MAC_ROW.match(line[:_LONGEST_ROW])
            if row is None:
                if not line.startswith("Processes:"):
                    found.pass_line(number, line, _("not a row of top"))
                is_below = is_below and not line.startswith("Processes:")
                continue
            found.program(row[1], row[2], kind="memory").add(clock.at, size_in(row[3]))
    clock.finish()

"""Logs of Go programs under `GODEBUG=gctrace=1`: the heap after each collection.

Tried with go 1.19.8 and on logs of 1.5 to 1.22. Of "3->4->0 MB" the last is read, what is live, in
MiB; "@0.016s" is the time since the program began. A clock that starts again is a restart.
"""

from __future__ import annotations

import re

from trayapp.language.catalogue import N_, _
from trayapp.language.units import MIB
from trayapp.recording.gathering import Gathering
from trayapp.recording.source import Source, Start

NAME = "gctrace"
EXPECTS = N_("a log of GODEBUG=gctrace=1")
_LINE = re.compile(r"(?:^|[\s:|])gc (\d+) @(\d+\.\d+)s \d+%: ")
_SIZES = re.compile(r" (\d+)->(\d+)->(\d+) MB, \d+ MB goal")


def resembles(start: Start) -> float:
    return 1.0 if any(map(_LINE.search, start.lines[:1000])) else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read what was printed; other lines, of the program itself, may stand between."""
    heap = found.series("heap", _("Go heap"), kind="heap")
    found.mark_read("A->B->C MB", _("live heap after each collection"))
    for number, line in enumerate(source.lines(), 1):
        match = _LINE.search(line) if "gc " in line else None
        if match is None:
            continue
        sizes = _SIZES.search(line, match.end())
        if sizes is None:
            found.pass_line(number, line, _("no sizes before and after"))
            continue
        at = found.moment(float(match[2]))
        heap.add(at, int(sizes[3]) * MIB)

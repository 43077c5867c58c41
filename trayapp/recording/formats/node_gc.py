"""Logs of `node --trace-gc`: V8's heap after each collection.

Tried with node 20.20.2 (also `--trace-gc-nvp`) and on logs of 0.12 to 18, Chrome and Electron.
Sizes are MiB, called MB (of `-nvp` bytes); times are milliseconds since the isolate began. Each
isolate (a worker thread has one of its own) is a series.
"""

from __future__ import annotations

import re

from trayapp.language.catalogue import N_, _
from trayapp.language.units import MIB
from trayapp.recording.gathering import Gathering
from trayapp.recording.source import Source, Start

NAME = "node --trace-gc"
EXPECTS = N_("a log of node --trace-gc")
_START = re.compile(
    r"(?:\[(\d{1,10})(?::((?:0x)?[0-9a-fA-F]+))?\](?: \[I:(?:0x)?[0-9a-fA-F]+\])?|^)"
    r"\s+(\d{1,15}) ms: "
)
"""Before version 0.12 and in some of 4 and 5 without a pid in front."""
_SPACE = re.compile(
    r"\[\d+(?::0x[0-9a-f]+)?\](?: \[I:0x[0-9a-f]+\])? (?:Memory allocator|New space),"
)
_VERBOSE = N_(
    "from node --trace-gc-verbose, which lists spaces instead of collections; use --trace-gc"
)
_SIZES = re.compile(r"(?:\d+(?:\.\d+)?) \(\d+(?:\.\d+)?\) -> (\d+(?:\.\d+)?) \(\d+(?:\.\d+)?\) MB")
_NVP = re.compile(r"\btotal_size_after=(\d+)\b")


def resembles(start: Start) -> float:
    for line in start.lines[:400]:
        match = _START.search(line)
        if match is not None and (_SIZES.search(line) or "pause=" in line):
            return 1.0
    return 0.6 if any(map(_SPACE.match, start.lines[:20])) else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read what was printed; other lines, of the program itself, may stand between.

    Raises: RecordingError if it is of `--trace-gc-verbose` alone.
    """
    found.mark_read("->", _("the heap after each collection"))
    first: dict[str, str] = {}
    last: dict[tuple[str, str], float] = {}
    for number, line in enumerate(source.lines(), 1):
        match = _START.search(line)
        if match is None:
            continue
        pid, isolate = match[1] or "", match[2] or ""
        sizes = _SIZES.search(line, match.end())
        nvp = None if sizes else _NVP.search(line, match.end())
        if sizes is None and nvp is None:
            # Other traces of V8 begin so, too.
            if "->" in line or "pause=" in line:
                found.pass_line(number, line, _("no sizes before and after"))
            continue
        if nvp is not None and nvp.end() == len(line.rstrip("\n")) and not line.endswith("\n"):
            continue
        size = float(sizes[1]) * MIB if sizes else float(nvp[1]) if nvp else 0.0
        is_first = first.setdefault(pid, isolate) == isolate
        name = f"node {pid}".strip() if is_first else f"node {pid} {isolate}"
        series = found.series((pid, isolate), name, pid=int(pid) if pid else None, kind="heap")
        seconds = int(match[3]) / 1000
        if seconds < last.get((pid, isolate), 0.0):
            found.pass_over(number, line, _("its clock goes backwards"))
            continue
        last[pid, isolate] = seconds
        series.add(seconds, size)
    if not found.everyone:
        raise source.refusal("{path}: {reason}", reason=_(_VERBOSE))

"""Profiles of `mprof run` of memory_profiler, `mprofile_….dat`: a word, then MiB and seconds.

Tried with 0.61. `mprof run -o NAME` appends: each "CMDLINE" begins a run.
"""

from __future__ import annotations

import re

from trayapp.language.catalogue import N_, _
from trayapp.language.units import MIB
from trayapp.recording.gathering import Gathering
from trayapp.recording.quantities import number_of
from trayapp.recording.source import Source, Start

NAME = "mprof"
EXPECTS = N_("mprof's .dat")
_START = re.compile(r"(CMDLINE|MEM|CHLD|FUNC) ")
_KNOWN = ("CMDLINE", "MEM", "CHLD", "FUNC")
_NAMED_COMMAND = 200


def resembles(start: Start) -> float:
    return 1.0 if _START.match(start.text) else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read a profile; a size of 0, as it tells of what has ended, is unknown."""
    command_line = ""
    memory = None
    for number, line in enumerate(source.whole_lines(), 1):
        if line.startswith("MEM "):
            words = line.split()
            if len(words) == 3:
                if memory is None:
                    memory = found.series(
                        "memory", "memory", command_line=command_line, kind="resident set"
                    )
                memory.add(found.moment(number_of(words[2])), _size(words[1]))
                continue
        elif line.startswith("CHLD "):
            words = line.split()
            if len(words) == 4:
                size = _size(words[2])
                # It tells 0 of a child that has ended: no process is that small.
                if size == size:
                    name = f"child {words[1][:20]}"
                    child = found.series((found.run, name), name, kind="resident set")
                    child.add(found.moment(number_of(words[3])), size)
                continue
        elif line.startswith("CMDLINE "):
            if memory is not None and len(memory):
                found.begin_run()
            command_line = line[8:].strip()[:_NAMED_COMMAND]
            continue
        elif line.startswith("FUNC ") or not line.strip():
            continue
        found.pass_over(number, line, _("not MEM or CHLD"))


def _size(text: str) -> float:
    size = number_of(text) * MIB
    return size if size > 0 else float("nan")

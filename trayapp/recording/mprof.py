"""What `mprof run` of memory_profiler writes, `mprofile_….dat`: a word, then MiB and seconds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from trayapp.domain.units import MIB
from trayapp.recording.gathering import Gathering, number_of
from trayapp.recording.records import Recording

_START = re.compile(r"(CMDLINE|MEM|CHLD|FUNC) ")
_NAMED_COMMAND = 200


def is_mprof(start: str) -> bool:
    """Whether a file that begins so was written by it."""
    return bool(_START.match(start))


def read_mprof(path: Path, lines: Iterable[str]) -> Recording:
    """Read a profile; lines that make no sense, as where it was cut off, are passed over.

    Raises: RecordingError if there are no samples in it.
    """
    found = Gathering(path)
    command_line = ""
    for line in lines:
        words = line.split()
        if line.startswith("CMDLINE "):
            command_line = line[8:].strip()[:_NAMED_COMMAND]
        elif line.startswith("MEM ") and len(words) == 3:
            found.meet("memory", "memory", command_line=command_line)
            found.add("memory", number_of(words[2]), number_of(words[1]) * MIB)
        elif line.startswith("CHLD ") and len(words) == 4:
            name = f"child {words[1][:20]}"
            found.meet(name, name)
            size = number_of(words[2]) * MIB
            # It tells 0 of a child that has ended: no process is that small.
            if size > 0:
                found.add(name, number_of(words[3]), size)
    return found.result()

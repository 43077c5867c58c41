"""What `psrecord --log` writes, plain or with `--log-format csv`: sizes in MiB, called MB."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from trayapp.domain.units import MIB
from trayapp.recording.gathering import Gathering, number_of
from trayapp.recording.records import Recording

_PLAIN = re.compile(r"#\s*Elapsed time\s+CPU \(%\)\s+Real \(MB\)")
_TABLE = "elapsed_time,nproc,cpu,mem_real,mem_virtual"


def is_psrecord(start: str) -> bool:
    """Whether a file that begins so was written by it."""
    return bool(_PLAIN.match(start)) or start.startswith(_TABLE)


def read_psrecord(path: Path, lines: Iterable[str]) -> Recording:
    """Read a log; lines that make no sense, as where it was cut off, are passed over.

    Raises: RecordingError if there are no samples in it.
    """
    found = Gathering(path)
    found.meet("real", "real")
    for seconds, children, size in _samples(lines):
        found.add("real", number_of(seconds), number_of(size) * MIB, children=number_of(children))
    return found.result()


def _samples(lines: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Seconds, number of processes and MiB, as they are written."""
    lines = iter(lines)
    first = next(lines, "")
    if first.startswith(_TABLE):
        for line in lines:
            cells = line.split(",")
            # A number at the end of a line that was cut off is not what it was to be.
            if len(cells) >= 5 and line.endswith("\n"):
                yield cells[0], cells[1], cells[3]
        return
    for line in chain([first], lines):
        words = line.split()
        if len(words) >= 4 and not line.startswith("#"):
            yield words[0], "", words[2]

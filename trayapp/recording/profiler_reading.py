"""What two well-known profilers write: mprof (`mprofile_….dat`) and psrecord (`--log`)."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

from trayapp.domain.units import MIB
from trayapp.errors import RecordingError
from trayapp.recording.records import Recording, Track

_MPROF = re.compile(r"(CMDLINE|MEM|CHLD|FUNC) ")
_PSRECORD = re.compile(r"#\s*Elapsed time\s+CPU \(%\)\s+Real \(MB\)")
_LARGEST = 1e18


def is_profile(first_line: str) -> bool:
    """Whether a file that begins so was written by one of them."""
    return bool(_MPROF.match(first_line) or _PSRECORD.match(first_line))


def read_profile(path: Path, lines: Iterable[str]) -> Recording:
    """Read a profile; lines that make no sense, as where it was cut off, are passed over.

    Raises: RecordingError if there are no samples in it.
    """
    found: dict[str, tuple[array[float], array[float]]] = {}
    for name, seconds, size in _samples(lines):
        times, sizes = found.setdefault(name, (array("d"), array("d")))
        if not times or seconds >= times[-1]:
            times.append(seconds)
            sizes.append(size)
    if not found:
        raise RecordingError(f"{path} has no samples")
    first = min(times[0] for times, _ in found.values())
    last = max(times[-1] for times, _ in found.values())
    tracks = []
    for name, (times, sizes) in found.items():
        since = memoryview(array("d", [seconds - first for seconds in times]))
        tracks.append(Track(name=name, times=since, memory=sizes))
    is_wall = 1e9 <= first < 4.1e9
    return Recording(
        path=path,
        started_wall_seconds=first if is_wall else path.stat().st_mtime - (last - first),
        seconds=last - first,
        interval_seconds=None,
        tracks=tuple(tracks),
    )


def _samples(lines: Iterable[str]) -> Iterator[tuple[str, float, float]]:
    """Name of the series, seconds, bytes."""
    for line in lines:
        words = line.split()
        if line.startswith("MEM ") and len(words) == 3:
            name, size, seconds = "memory", _number(words[1]), _number(words[2])
        elif line.startswith("CHLD ") and len(words) == 4:
            name, size, seconds = f"child {words[1][:20]}", _number(words[2]), _number(words[3])
        elif len(words) == 4 and line[:1] not in "#MCF":
            name, seconds, size = "real", _number(words[0]), _number(words[2])
        else:
            continue
        if math.isfinite(seconds) and math.isfinite(size):
            yield name, seconds, size * MIB


def _number(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        return math.nan
    return value if abs(value) < _LARGEST else math.nan

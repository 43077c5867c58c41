"""Samples that come one by one, each series with times of its own, made into a recording."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from pathlib import Path

from trayapp.domain.language import _
from trayapp.errors import RecordingError
from trayapp.recording.records import Recording, Track, known_or_none, known_rows

MOST_BYTES = 1e18
"""No memory is larger; whatever says so is no size."""
_MOST_PROCESSES = 1e9
WALL_FROM, WALL_UNTIL = 1e9, 4.1e9
"""Seconds since 1970 are told by their size: from 2001 to 2100, where calendars end."""


@dataclass(slots=True)
class _Gathered:
    name: str
    pid: int | None
    command_line: str
    times: array[float] = field(default_factory=lambda: array("d"))
    sizes: array[float] = field(default_factory=lambda: array("d"))
    anon: array[float] = field(default_factory=lambda: array("d"))
    children: array[float] = field(default_factory=lambda: array("d"))


class Gathering:
    """Collects the samples of a file of somebody else's, which may hold anything."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: dict[object, _Gathered] = {}

    def meet(
        self, key: object, name: str, *, pid: int | None = None, command_line: str = ""
    ) -> None:
        """Name a series before its first sample; what was known of it before stays."""
        if key not in self._found:
            self._found[key] = _Gathered(name, pid, command_line)

    def add(
        self,
        key: object,
        seconds: float,
        size_bytes: float,
        *,
        anon_bytes: float = math.nan,
        children: float = math.nan,
    ) -> None:
        """Take in one sample of a series that was met; a size that cannot be is unknown.

        One without a time, or older than the one before, is passed over.
        """
        series = self._found[key]
        if not math.isfinite(seconds) or (series.times and seconds < series.times[-1]):
            return
        series.times.append(seconds)
        series.sizes.append(_size(size_bytes))
        series.anon.append(_size(anon_bytes))
        series.children.append(children if 0 <= children < _MOST_PROCESSES else math.nan)

    def result(self, *, notes: tuple[str, ...] = ()) -> Recording:
        """All of it; its times are the wall's if they look like it.

        Raises: RecordingError if there is no sample.
        """
        everyone = [(series, known_rows(series.sizes)) for series in self._found.values()]
        found = [(series, rows) for series, rows in everyone if rows != slice(0, 0)]
        if not found:
            raise RecordingError(_("{path} has no samples").format(path=self._path))
        first = min(series.times[rows.start] for series, rows in found)
        last = max(series.times[rows.stop - 1] for series, rows in found)
        is_wall = WALL_FROM <= first < WALL_UNTIL
        return Recording(
            path=self._path,
            started_wall_seconds=first if is_wall else self._path.stat().st_mtime - (last - first),
            seconds=last - first,
            interval_seconds=None,
            tracks=tuple(
                Track(
                    name=series.name,
                    times=memoryview(array("d", [at - first for at in series.times[rows]])),
                    memory=series.sizes[rows],
                    anon=known_or_none(series.anon[rows]),
                    children=known_or_none(series.children[rows]),
                    pid=series.pid,
                    command_line=series.command_line,
                )
                for series, rows in found
            ),
            notes=notes,
        )


def number_of(told: str | float) -> float:
    """A number as programs print it; NaN if it is none, or beyond all numbers."""
    try:
        return float(told)
    except (ValueError, OverflowError):
        return math.nan


def _size(size_bytes: float) -> float:
    return size_bytes if 0 <= size_bytes < MOST_BYTES else math.nan

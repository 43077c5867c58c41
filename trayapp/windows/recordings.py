"""Recordings in files, offered to the chart as the history is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trayapp.charts.labels import plain_name
from trayapp.dataclass import NamedTuple
from trayapp.domain.records.series import Event, Point, Series
from trayapp.history.sources import CurveSource
from trayapp.language.catalogue import _, listed, ngettext
from trayapp.recording.instructions import NO_INSTRUCTIONS, Instructions
from trayapp.recording.side_by_side import common_starts, open_recordings

LEAST_GAP_SECONDS = 1.0
GAP_STEPS = 10
"""A gap is where nothing came for so many times the usual spacing, and a second at least."""
Floats = npt.NDArray[np.float64]


class _Values(NamedTuple):
    """One curve as it was read: wall seconds and bytes, both (n,); NaN is unknown."""

    times: Floats
    bytes: Floats


class RecordingSource(CurveSource):
    """One or several recordings, each process a target.

    Those that were not made at the same time are laid over each other; see `place_together`.
    """

    def __init__(self, paths: Sequence[Path], instructions: Instructions = NO_INSTRUCTIONS) -> None:
        """Read the files whole.

        Raises: RecordingError if one cannot be read, or there is no sample in any.
        """
        recordings, placed, self.notes = open_recordings(paths, instructions)
        self._curves = {
            Series("target", name, "rss_bytes"): _Values(
                np.frombuffer(track.times, dtype=np.float64) + start,
                np.frombuffer(track.memory, dtype=np.float64),
            )
            for name, start, track in placed
        }
        self.title = listed(plain_name(path.name, 40) for path in paths[:3])
        if len(paths) > 3:
            text = ngettext("{names} and {count} more", "{names} and {count} more", len(paths) - 3)
            self.title = text.format(names=self.title, count=len(paths) - 3)
        if common_starts(recordings) != [one.started_wall_seconds for one in recordings]:
            self.title = _("{names}, since start").format(names=self.title)

    def series(self) -> list[Series]:
        return sorted(self._curves)

    def span(self) -> tuple[float, float]:
        times = [values.times for values in self._curves.values()]
        return min(float(one[0]) for one in times), max(float(one[-1]) for one in times)

    def largest(self, count: int) -> list[str]:
        """Return the names of the processes with the largest peaks, sorted by name."""
        peaks = {
            series.name: float(np.nanmax(values.bytes, initial=0.0))
            for series, values in self._curves.items()
        }
        return sorted(sorted(peaks, key=lambda name: -peaks[name])[:count])

    def curves(
        self,
        series: Sequence[Series],
        since_wall_seconds: float,
        until_wall_seconds: float,
        max_points: int = 2000,
    ) -> list[list[Point]]:
        """Read curves with the least, mean and greatest value of each stretch."""
        return [
            self._points(self._curves[one], since_wall_seconds, until_wall_seconds, max_points)
            if one in self._curves
            else []
            for one in series
        ]

    def _points(self, values: _Values, since: float, until: float, most: int) -> list[Point]:
        # One more on either side, so that the line reaches the edges of what is shown.
        first = max(0, int(np.searchsorted(values.times, since)) - 1)
        last = int(np.searchsorted(values.times, until, side="right")) + 1
        times, sizes = values.times[first:last], values.bytes[first:last]
        if not len(times):
            return []
        points = list(_stretches(times, sizes, most))
        # The process ended before the recording did: its curve has no current value.
        end, usual = float(values.times[-1]), _usual_step(times)
        if last >= len(values.times) and self.span()[1] - end > max(3 * usual, 0.02):
            points.append(Point(end + usual, None, None, None))
        return points

    def events(self, *_asked: object, **_named: object) -> list[Event]:
        """Return none: recordings hold only sizes."""
        return []


def _stretches(times: Floats, sizes: Floats, max_points: int) -> Iterator[Point]:
    """Merge samples into so many stretches, and one more for each gap that one would hide."""
    most = max(1, max_points)
    per_point = max(1, -(-len(times) // most))
    # A gap is as wide as a point at least; narrower ones are too narrow to be seen.
    longest = max(
        GAP_STEPS * _usual_step(times), LEAST_GAP_SECONDS, float(times[-1] - times[0]) / most
    )
    breaks = np.flatnonzero(np.diff(times) > longest) + 1
    starts = np.union1d(np.arange(0, len(times), per_point), breaks)
    known = np.isfinite(sizes)
    counts = np.add.reduceat(known, starts, dtype=np.int64)
    lows = np.minimum.reduceat(np.where(known, sizes, np.inf), starts)
    highs = np.maximum.reduceat(np.where(known, sizes, -np.inf), starts)
    sums = np.add.reduceat(np.where(known, sizes, 0.0), starts)
    ends = np.append(starts[1:], len(times)) - 1
    middles = (times[starts] + times[ends]) / 2
    follows_gap = np.isin(starts, breaks)
    for at, count in enumerate(counts.tolist()):
        if follows_gap[at]:
            yield Point(float(times[ends[at - 1]] + times[starts[at]]) / 2, None, None, None)
        moment = float(middles[at])
        if count:
            yield Point(moment, float(lows[at]), float(sums[at]) / count, float(highs[at]))
        else:
            yield Point(moment, None, None, None)


def _usual_step(times: Floats) -> float:
    return float(np.median(np.diff(times))) if len(times) > 1 else 0.0

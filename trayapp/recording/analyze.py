"""`memtray analyze`: whether anything in a recording keeps growing.

The same rules as in the running applet (`domain.growth`) fold each series, thinned to stretches of
at least a second where it is long. A series is growing if those rules find sustained growth at its
end, and both its slope as a whole and that of its last third are above their threshold: a program
that takes its memory once, at its start, is not growing. In recordings of less than a minute growth
must have lasted for half of it instead of 30 s, and of less than five seconds nothing is said. A
slope is the median of the slopes between all pairs of up to 200 points (Theil and Sen), so that
single spikes do not count.
"""

from __future__ import annotations

import json as json_format
import math
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from pathlib import Path
from statistics import median

from trayapp.domain.bars import BAR_COUNT, sparkline, zoomed_heights
from trayapp.domain.growth import GrowthRule, GrowthTracker, SpikeRule
from trayapp.domain.names import short_name
from trayapp.domain.samples import MemoryReading, ProcessKey
from trayapp.domain.units import format_duration, format_rate, format_size
from trayapp.errors import RecordingError
from trayapp.recording.files import read_recording
from trayapp.recording.records import Recording, Track
from trayapp.recording.summary import short_path

HEALTHY, GROWING = "healthy", "growing"
FEWEST_SAMPLES = 5
SHORTEST_SECONDS = 5.0
_FOLDS = 5000
_SLOPE_POINTS = 200
_RULE = GrowthRule()
_KEY = ProcessKey(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesReport:
    """What is said of one series; sizes in bytes, None where nothing is known."""

    name: str
    verdict: str | None
    """"healthy" or "growing"; None: too short to tell."""
    start_bytes: float | None
    peak_bytes: float | None
    end_bytes: float | None
    growth_bytes: float | None
    slope_bytes_per_second: float | None
    seconds: float
    samples: int
    bars: str
    """Its course in ten characters."""


def main(files: Sequence[Path], json: bool = False) -> int:
    """Print what each file tells.

    Returns: 0 if all is healthy, 1 if something grows, 2 if a file could not be read.
    """
    told: list[dict[str, object]] = []
    code = 0
    for file in files:
        try:
            recording = read_recording(file)
        except RecordingError as error:
            told.append({"file": short_path(file), "error": str(error), "series": []})
            print(f"memtray: {short_path(str(error))}", file=sys.stderr)
            code = 2
            continue
        reports = [report(track) for track in recording.tracks]
        told.append(_as_json(recording, reports))
        if any(one.verdict == GROWING for one in reports):
            code = max(code, 1)
        if not json:
            print("\n".join(_lines(recording, reports)))
    if json:
        print(json_format.dumps({"files": told}, indent=1))
    return code


def report(track: Track) -> SeriesReport:
    """Judge one series, by its anonymous memory where that is known."""
    times, sizes, signal = _known(track)
    slope = _slope(list(_thin(times, signal, _SLOPE_POINTS)))
    verdict = None
    seconds = times[-1] - times[0] if times else 0.0
    if slope is not None and len(times) >= FEWEST_SAMPLES and seconds >= SHORTEST_SECONDS:
        is_growing = slope > _RULE.threshold_bytes_per_second and _goes_on(times, signal)
        verdict = GROWING if is_growing else HEALTHY
    return SeriesReport(
        name=track.name,
        verdict=verdict,
        start_bytes=sizes[0] if sizes else None,
        peak_bytes=max(sizes) if sizes else None,
        end_bytes=sizes[-1] if sizes else None,
        growth_bytes=sizes[-1] - sizes[0] if sizes else None,
        slope_bytes_per_second=slope,
        seconds=seconds,
        samples=len(sizes),
        bars=sparkline(zoomed_heights(_bars(times, sizes))),
    )


def _known(track: Track) -> tuple[array[float], array[float], array[float]]:
    """Times, sizes and what growth is judged on, without the samples that are unknown."""
    times, sizes = array("d", track.times), track.memory
    judged = sizes if track.anon is None else track.anon
    if not math.isfinite(sum(sizes) + sum(judged)):
        rows = [
            row for row in zip(times, sizes, judged, strict=True) if math.isfinite(row[1] + row[2])
        ]
        times, sizes, judged = (array("d", [row[at] for row in rows]) for at in range(3))
    return times, sizes, judged


def _goes_on(times: array[float], sizes: array[float]) -> bool:
    """Whether growth goes on at the end, of the kind that the applet would tell."""
    third = bisect_left(times, times[-1] - (times[-1] - times[0]) / 3)
    slope = _slope(list(_thin(times[third:], sizes[third:], _SLOPE_POINTS)))
    if slope is None or slope <= _RULE.threshold_bytes_per_second:
        return False
    points = list(_thin(times, sizes, _FOLDS))
    tracker = GrowthTracker()
    seconds = points[-1][0] - points[0][0]
    rule = replace(_RULE, hold_seconds=min(_RULE.hold_seconds, seconds / 2))
    interval = seconds / (len(points) - 1)
    for at, size in points:
        tracker.fold(at, interval, {_KEY: MemoryReading(round(size))}, rule, SpikeRule())
    return tracker.growth is not None and tracker.growth.sustained


def _thin(times: array[float], sizes: array[float], most: int) -> Iterator[tuple[float, float]]:
    """The mean of each stretch, at its last time; at most `most`, of a second each or more.

    Recordings of few seconds are cut into 200 stretches.
    """
    seconds = times[-1] - times[0] if times else 0.0
    if seconds <= 0:
        return
    width = max(seconds / most, min(1.0, seconds / _SLOPE_POINTS))
    start = 0
    while start < len(times):
        end = max(start + 1, bisect_left(times, times[start] + width, start))
        yield times[end - 1], math.fsum(sizes[start:end]) / (end - start)
        start = end


def _slope(points: Sequence[tuple[float, float]]) -> float | None:
    """Theil and Sen: bytes per second."""
    slopes = [
        (after[1] - before[1]) / (after[0] - before[0])
        for before, after in combinations(points, 2)
        if after[0] > before[0]
    ]
    return median(slopes) if slopes else None


def _bars(times: array[float], sizes: array[float]) -> list[float | None]:
    """The largest size of each tenth of the time."""
    if not times:
        return [None] * BAR_COUNT
    width = (times[-1] - times[0]) / BAR_COUNT
    edges = [bisect_left(times, times[0] + number * width) for number in range(BAR_COUNT)]
    return [max(sizes[start:end], default=None) for start, end in pairwise([*edges, len(times)])]


def _as_json(recording: Recording, reports: Sequence[SeriesReport]) -> dict[str, object]:
    return {
        "file": short_path(recording.path),
        "notes": list(recording.notes),
        "series": [
            {
                "name": one.name,
                "verdict": one.verdict,
                "slope_bytes_per_second": one.slope_bytes_per_second,
                "growth_bytes": one.growth_bytes,
                "start_bytes": one.start_bytes,
                "peak_bytes": one.peak_bytes,
                "end_bytes": one.end_bytes,
                "seconds": one.seconds,
                "samples": one.samples,
            }
            for one in reports
        ],
    }


def _lines(recording: Recording, reports: Sequence[SeriesReport]) -> Iterator[str]:
    length = format_duration(recording.seconds) if recording.seconds >= 1 else "less than a second"
    yield f"{short_path(recording.path)}: {len(reports)} series, {length}"
    yield from (f"  ({note})" for note in recording.notes)
    if reports:
        yield (
            f"  {'SERIES':<26}{'COURSE':<12}{'START':>10}{'PEAK':>10}{'END':>10}"
            f"{'GROWTH':>11}{'SLOPE':>14}  VERDICT"
        )
    for one in reports:
        sizes = (one.start_bytes, one.peak_bytes, one.end_bytes)
        cells = "".join(f"{format_size(size):>10}" for size in sizes)
        yield (
            f"  {short_name(one.name)[:25]:<26}{one.bars:<12}{cells}"
            f"{format_size(one.growth_bytes):>11}{format_rate(one.slope_bytes_per_second):>14}"
            f"  {one.verdict or '–'}"
        )

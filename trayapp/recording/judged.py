"""A recording judged as if it were live: one verdict for each of its series.

Every series goes sample by sample through the very detector that the applet runs
(`domain.leaks`), so that the beginning of a file up to an alarm tells the same, where it is long
enough for the full proof: live, a leak whose limit is far is called one after an hour. What is
shorter is judged by the shortest proof, since it can give no other. Judged is anonymous memory
where it was recorded, with swap where that is known, and else the resident set or whatever the
column holds.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from trayapp.dataclass import dataclass
from trayapp.domain.judging.leaks import (
    LeakDetector,
    LeakSettings,
    Load,
    Signal,
    Verdict,
    assumed_room_bytes,
)
from trayapp.domain.records.names import short_name
from trayapp.language.catalogue import _
from trayapp.language.units import format_percent
from trayapp.recording.outcomes import NOT_ENOUGH, is_enough
from trayapp.recording.progress import Progress
from trayapp.recording.records import Recording, Track, known_rows
from trayapp.recording.summary import short_path

LEAKING = "leaking"
_PROGRESS_SAMPLES = 50_000
_PARTS = ("rss_bytes", "anon_bytes", "uss_bytes", "pss_bytes", "swap_bytes")
"""Columns of one program, as tables name them that hold only one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A series judged as one: a process of ours, or a column of somebody else's."""

    name: str
    times: memoryview
    sizes: array[float]
    """Bytes, NaN where unknown."""
    signal: Signal
    runs: array[float] | None = None
    """Another number means that the program was started again; NaN where unknown."""
    children: array[float] | None = None
    """How many processes it was; NaN where unknown."""
    shown: array[float] | None = None
    """Sizes shown, where they are not those that are judged: the resident set."""
    shown_signal: Signal | None = None
    is_machine: bool = False
    """Whether it is of all programs together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesReport:
    """Report on one series; seconds count from the start of the recording."""

    series: Series
    verdict: Verdict
    """At its end."""
    first_growing_seconds: float | None
    first_alert_seconds: float | None
    """When it would first have been called leaking."""
    outcome: str = "healthy"
    """The level at its end, or `outcomes.NOT_ENOUGH`."""
    expected_seconds: float = 0.0
    """Least time of watching that a person asked for."""

    @property
    def sizes(self) -> tuple[float | None, float | None, float | None]:
        """First, largest and last known size."""
        shown = self.series.sizes if self.series.shown is None else self.series.shown
        rows = known_rows(shown)
        if rows == slice(0, 0):
            return None, None, None
        largest = max(size for size in shown if size == size)
        return shown[rows.start], largest, shown[rows.stop - 1]


def series_of(recording: Recording) -> Iterator[Series]:
    """All that is to be judged; columns that are parts of one program make one series."""
    if is_one_program(recording):
        parts = {track.name: track for track in recording.tracks}
        yield _series(parts["rss_bytes"], parts.get("swap_bytes"))
        return
    yield from (_series(track, None) for track in recording.tracks)


def is_one_program(recording: Recording) -> bool:
    """Whether its columns are parts of one program: its resident set, and what goes with it."""
    names = [track.name for track in recording.tracks]
    return "rss_bytes" in names and all(name in _PARTS for name in names)


def report(
    series: Series,
    progress: Progress | None = None,
    path: Path = Path(),
    expected_seconds: float = 0.0,
) -> SeriesReport:
    """Judge one series as if it were live."""
    settings = LeakSettings()
    seconds = series.times[-1] - series.times[0] if len(series.times) else 0.0
    detector = LeakDetector(
        signal=series.signal, settings=settings, room_bytes=assumed_room_bytes(seconds, settings)
    )
    growing: float | None = None
    alert: float | None = None
    level = "healthy"
    runs, counts = series.runs, series.children
    run: float | None = None
    times, sizes = series.times, memoryview(series.sizes)
    next_progress = _PROGRESS_SAMPLES
    for begin, end in _alike(runs, counts, len(sizes)):
        last_run = run
        if runs is not None and runs[begin] == runs[begin]:
            run = runs[begin]
        is_new = run != last_run and last_run is not None
        children = math.nan if counts is None else counts[begin]
        load = Load(children=round(children)) if children == children else None
        number = begin
        while number < end:
            verdict = detector.fold(
                times[number], sizes[number], load=load, restarted=is_new and number == begin
            )
            if verdict.level != level:
                level = verdict.level
                if growing is None and level != "healthy":
                    growing = times[number]
                if alert is None and level == LEAKING:
                    alert = times[number]
            number += 1
            number += detector.fold_calm(times[number:end], sizes[number:end], load)
            if progress is not None and number >= next_progress:
                next_progress += _PROGRESS_SAMPLES
                done = number / len(sizes)
                progress.show(
                    _("{file}: {name}, {share}").format(
                        file=short_path(path),
                        name=short_name(series.name),
                        share=format_percent(done),
                    )
                )
    verdict = detector.refresh()
    is_judged = is_enough(series.times, expected_seconds)
    is_quiet = verdict.level == "healthy" and alert is None
    return SeriesReport(
        series=series,
        verdict=verdict,
        outcome=NOT_ENOUGH if is_quiet and not is_judged else verdict.level,
        expected_seconds=expected_seconds,
        first_growing_seconds=growing,
        first_alert_seconds=alert,
    )


def _alike(
    runs: array[float] | None, counts: array[float] | None, length: int
) -> Iterator[tuple[int, int]]:
    """Yield from which sample to which run and number of processes are the same."""
    known = [column for column in (runs, counts) if column is not None]
    begin = 0
    if known:
        pairs = pairwise(zip(*known, strict=True))
        for at, (before, after) in enumerate(pairs, 1):
            if before != after:
                yield begin, at
                begin = at
    if begin < length:
        yield begin, length


def _series(track: Track, swap: Track | None) -> Series:
    sizes, signal = track.memory, _signal(track)
    shown: array[float] | None = None
    shown_signal: Signal | None = None
    if track.anon is not None:
        shown, shown_signal = track.memory, "resident set"
        sizes, signal = track.anon, "anonymous memory"
    if swap is not None:
        sizes = array("d", _with_swap(track.times.tolist(), sizes, swap))
    return Series(
        name=track.name,
        times=track.times,
        sizes=sizes,
        signal=signal,
        runs=track.runs,
        children=track.children,
        shown=shown,
        shown_signal=shown_signal,
        is_machine=track.kind == "machine",
    )


def _signal(track: Track) -> Signal:
    if track.kind in ("resident set", "anonymous memory", "private memory"):
        return track.kind
    if track.pid is not None or "rss" in track.name.lower() or track.name == "real":
        return "resident set"
    if any(word in track.name.lower() for word in ("anon", "uss", "private")):
        return "private memory"
    return "memory"


def _with_swap(times: Iterable[float], sizes: Iterable[float], swap: Track) -> Iterator[float]:
    """Size and swap together; where swap is unknown, the last that was known."""
    swapped: dict[float, float] = dict(zip(swap.times.tolist(), swap.memory, strict=True))
    last = 0.0
    for at, size in zip(times, sizes, strict=True):
        now = swapped.get(at, math.nan)
        last = now if now == now else last
        yield size + last

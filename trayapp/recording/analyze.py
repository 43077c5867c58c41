"""`memtray analyze`: what the applet would have said of a recording, and when.

Every series goes sample by sample through the very detector that the applet runs
(`domain.leaks`), so that the beginning of a file up to an alarm tells the same. Judged is anonymous
memory where it was recorded, with swap where that is known, and else the resident set or whatever
the column holds.
"""

from __future__ import annotations

import json as json_format
import math
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from trayapp.domain.bars import BAR_COUNT, sparkline, zoomed_heights
from trayapp.domain.language import _, format_number, ngettext, paragraph
from trayapp.domain.leaks import LeakDetector, Load, Signal, Verdict
from trayapp.domain.leaks.evidence import leak_level_name, shape_name
from trayapp.domain.names import short_name
from trayapp.domain.units import format_duration, format_percent, format_rate, format_size
from trayapp.errors import RecordingError
from trayapp.recording.files import read_recording
from trayapp.recording.progress import Progress
from trayapp.recording.records import Recording, Track
from trayapp.recording.summary import short_path

LEAKING = "leaking"
_PROGRESS_SAMPLES = 50_000
_PARTS = ("rss_bytes", "anon_bytes", "uss_bytes", "pss_bytes", "swap_bytes")
"""Columns of one program, as tables name them that hold only one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What is judged as one: a process of ours, or a column of somebody else's."""

    name: str
    times: memoryview
    sizes: array[float]
    """Bytes, NaN where unknown."""
    signal: Signal
    runs: array[float] | None = None
    """Another number means that the program was started again; NaN where unknown."""
    children: array[float] | None = None
    """How many processes it was; NaN where unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesReport:
    """What is said of one series; seconds since the start of the recording."""

    series: Series
    verdict: Verdict
    """At its end."""
    first_growing_seconds: float | None
    first_alert_seconds: float | None
    """When it would first have been called leaking."""

    @property
    def sizes(self) -> tuple[float | None, float | None, float | None]:
        """First, largest and last known size."""
        known = [size for size in self.series.sizes if size == size]
        return (known[0], max(known), known[-1]) if known else (None, None, None)


def main(files: Sequence[Path], json: bool = False) -> int:
    """Print what each file tells.

    Returns: 0 if all is healthy, 1 if something leaks or did, 2 if a file could not be read.
    """
    progress = Progress(sys.stderr)
    told: list[str] = []
    code = 0
    for file in files:
        try:
            progress.show(_("reading {file}").format(file=short_path(file)))
            recording = read_recording(file)
            reports = [report(one, progress, file) for one in series_of(recording)]
        except RecordingError as error:
            progress.clear()
            print(f"memtray: {short_path(str(error))}", file=sys.stderr)
            code = 2
            continue
        progress.clear()
        if any(one.first_alert_seconds is not None for one in reports):
            code = max(code, 1)
        told += [json_format.dumps(_as_json(recording, one)) for one in reports]
        if not json:
            print("\n".join(_lines(recording, reports)))
    if json:
        print("[\n" + ",\n".join(told) + "\n]" if told else "[]")
    return code


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


def report(series: Series, progress: Progress | None = None, path: Path = Path()) -> SeriesReport:
    """Judge one series as if it were live."""
    detector = LeakDetector(signal=series.signal)
    growing: float | None = None
    alert: float | None = None
    level = "healthy"
    run: float | None = None
    for number, (at, size) in enumerate(zip(series.times, series.sizes, strict=True)):
        last_run, run = run, _known(series.runs, number, run)
        children = _known(series.children, number, None)
        verdict = detector.fold(
            at,
            size,
            load=None if children is None else Load(children=round(children)),
            restarted=run != last_run and last_run is not None,
        )
        if verdict.level != level:
            level = verdict.level
            if growing is None and level != "healthy":
                growing = at
            if alert is None and level == LEAKING:
                alert = at
        if progress is not None and number % _PROGRESS_SAMPLES == _PROGRESS_SAMPLES - 1:
            done = number / len(series.sizes)
            progress.show(
                _("{file}: {name}, {share}").format(
                    file=short_path(path), name=short_name(series.name), share=format_percent(done)
                )
            )
    return SeriesReport(
        series=series,
        verdict=detector.refresh(),
        first_growing_seconds=growing,
        first_alert_seconds=alert,
    )


def _known(values: array[float] | None, number: int, otherwise: float | None) -> float | None:
    value = math.nan if values is None else values[number]
    return value if value == value else otherwise


def _series(track: Track, swap: Track | None) -> Series:
    sizes, signal = track.memory, _signal(track)
    if track.anon is not None:
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
    )


def _signal(track: Track) -> Signal:
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


def _bars(times: memoryview, sizes: array[float]) -> list[float | None]:
    """The largest size of each tenth of the time."""
    if not len(times):
        return [None] * BAR_COUNT
    width = (times[-1] - times[0]) / BAR_COUNT
    edges = [bisect_left(times, times[0] + number * width) for number in range(BAR_COUNT)]
    return [
        max((size for size in sizes[start:end] if size == size), default=None)
        for start, end in pairwise([*edges, len(times)])
    ]


def _as_json(recording: Recording, one: SeriesReport) -> dict[str, object]:
    verdict = one.verdict
    return {
        "file": short_path(recording.path),
        "series": one.series.name,
        "verdict": verdict.level,
        "shape": verdict.shape,
        "score": round(verdict.score, 3),
        "first_growing_s": one.first_growing_seconds,
        "first_alert_s": one.first_alert_seconds,
        "onset_s": verdict.onset_monotonic_seconds,
        "growth_bytes": verdict.growth_bytes,
        "slope_bytes_per_s": verdict.rate_bytes_per_second,
        "eta_s": verdict.seconds_to_limit,
        "evidence": verdict.evidence,
    }


def _lines(recording: Recording, reports: Sequence[SeriesReport]) -> Iterator[str]:
    length = _("less than a second")
    if recording.seconds >= 1:
        length = format_duration(recording.seconds)
    yield ngettext(
        "{file}: {count} series, {length}", "{file}: {count} series, {length}", len(reports)
    ).format(file=short_path(recording.path), count=len(reports), length=length)
    yield from (f"  ({note})" for note in recording.notes)
    if reports:
        series, course, judged = _("SERIES"), _("COURSE"), _("VERDICT")
        start, peak, end, slope = _("START"), _("PEAK"), _("END"), _("SLOPE")
        shape, score = _("SHAPE"), _("SCORE")
        yield (
            f"  {series:<22}{course:<12}{start:>10}{peak:>10}{end:>10}{slope:>14}  {shape:<20}"
            f"{score:>5}  {judged}"
        )
    for one in reports:
        verdict = one.verdict
        cells = "".join(f"{format_size(size):>10}" for size in one.sizes)
        bars = sparkline(zoomed_heights(_bars(one.series.times, one.series.sizes)))
        yield (
            f"  {short_name(one.series.name)[:21]:<22}{bars:<12}{cells}"
            f"{format_rate(verdict.rate_bytes_per_second):>14}  {shape_name(verdict.shape):<20}"
            f"{format_number(verdict.score, 2):>5}  {leak_level_name(verdict.level)}"
        )
        if one.first_alert_seconds is not None:
            when = format_duration(one.first_alert_seconds)
            called = _("Called leaking after {time}.").format(time=when)
            yield "    " + paragraph(called, verdict.evidence)
        elif verdict.level != "healthy":
            yield f"    {verdict.evidence}"

"""`memtray analyze`: what the applet would have said of a recording, and when."""

from __future__ import annotations

import json as json_format
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from trayapp.domain.judging.leaks.evidence import evidence_of, shape_name
from trayapp.domain.records.bars import BAR_COUNT, sparkline, zoomed_heights
from trayapp.domain.records.names import short_name
from trayapp.errors import RecordingError
from trayapp.language.catalogue import _, format_count, format_number, ngettext, paragraph
from trayapp.language.units import format_duration, format_rate, format_size
from trayapp.recording.files import read_recording
from trayapp.recording.instructions import NO_INSTRUCTIONS, Instructions
from trayapp.recording.judged import SeriesReport, report, series_of
from trayapp.recording.outcomes import (
    EXIT_UNREADABLE,
    NOT_ENOUGH,
    exit_code_of,
    missing_text,
    observed_seconds,
    outcome_name,
    worst,
)
from trayapp.recording.progress import Progress
from trayapp.recording.records import Decision, Recording
from trayapp.recording.short_names import distinct_names
from trayapp.recording.summary import short_path

_NAME_WIDTH = 21
_MOST_DECISIONS = 6


def main(
    files: Sequence[Path],
    json: bool = False,
    *,
    expected_seconds: float = 0.0,
    fails_on_growing: bool = False,
    instructions: Instructions = NO_INSTRUCTIONS,
) -> int:
    """Print what each file tells.

    `expected_seconds`: what was watched for less is not enough to judge; `fails_on_growing`: exit
    1 for what only grows, too.

    Returns: 0 if all is healthy, 1 if something leaks or did, 2 if a file could not be read, 4 if
    there is not enough to judge.
    """
    progress = Progress(sys.stderr)
    told: list[str] = []
    codes: list[int] = []
    for file in files:
        try:
            progress.show(_("reading {file}").format(file=short_path(file)))
            recording = read_recording(file, instructions)
            everything = sorted(series_of(recording), key=lambda one: one.is_machine)
            reports = [report(one, progress, file, expected_seconds) for one in everything]
        except RecordingError as error:
            progress.clear()
            print(f"memtray: {short_path(str(error))}", file=sys.stderr)
            codes.append(EXIT_UNREADABLE)
            continue
        progress.clear()
        codes.append(
            exit_code_of(
                (one.outcome for one in reports),
                has_leaked=any(one.first_alert_seconds is not None for one in reports),
                fails_on_growing=fails_on_growing,
            )
        )
        told += [json_format.dumps(report_json(recording, one)) for one in reports]
        if not json:
            print("\n".join(report_lines(recording, reports)))
    if json:
        print("[\n" + ",\n".join(told) + "\n]" if told else "[]")
    return worst(codes)


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


def report_json(recording: Recording, one: SeriesReport) -> dict[str, object]:
    """One series, as `memtray analyze --json` prints it."""
    verdict = one.verdict
    start, peak, end = one.sizes
    return {
        "file": short_path(recording.path),
        "form": recording.form,
        "series": one.series.name,
        "verdict": one.outcome,
        "shape": verdict.shape,
        "score": round(verdict.score, 3),
        "first_growing_s": one.first_growing_seconds,
        "first_alert_s": one.first_alert_seconds,
        "onset_s": verdict.onset_monotonic_seconds,
        "growth_bytes": verdict.growth_bytes,
        "slope_bytes_per_s": verdict.rate_bytes_per_second,
        "eta_s": verdict.seconds_to_limit,
        "start_bytes": start,
        "peak_bytes": peak,
        "end_bytes": end,
        "shown": one.series.shown_signal or one.series.signal,
        "judged": one.series.signal,
        "observed_s": round(observed_seconds(one.series.times), 3),
        "samples": len(one.series.times),
        "evidence": evidence_of(verdict),
        "taken": [{"name": name, "as": meaning} for name, meaning in recording.taken],
        "left_out": [{"name": name, "reason": reason} for name, reason in recording.left_out],
        "notes": list(recording.notes),
    }


def report_lines(recording: Recording, reports: Sequence[SeriesReport]) -> Iterator[str]:
    """One file, as `memtray analyze` prints it."""
    length = _("less than a second")
    if recording.seconds >= 1:
        length = format_duration(recording.seconds)
    yield ngettext(
        "{file}: {count} series, {length}", "{file}: {count} series, {length}", len(reports)
    ).format(file=short_path(recording.path), count=len(reports), length=length)
    yield from (f"  ({note})" for note in recording.notes)
    if recording.taken and (recording.left_out or len(recording.taken) > 1):
        yield "  " + _("read: {columns}").format(columns=_decisions(recording.taken))
    if recording.left_out:
        yield "  " + _("left out: {columns}").format(columns=_decisions(recording.left_out))
    if any(one.series.shown is not None for one in reports):
        said = _("START, PEAK and END are resident sets; the verdict is based on {signal}")
        signal = next(one.series.signal for one in reports if one.series.shown is not None)
        yield f"  ({said.format(signal=_(signal))})"
    names = distinct_names([one.series.name for one in reports], _NAME_WIDTH)
    width = max((len(name) for name in names), default=0) + 1
    width = max(width, _NAME_WIDTH + 1)
    if reports:
        yield _heading(width)
    for one, name in zip(reports, names, strict=True):
        yield from _series_lines(one, f"{name:<{width}}")


def _heading(width: int) -> str:
    series, course, judged = _("SERIES"), _("HISTORY"), _("VERDICT")
    start, peak, end, slope = _("START"), _("PEAK"), _("END"), _("SLOPE")
    shape, score = _("SHAPE"), _("SCORE")
    return (
        f"  {series:<{width}}{course:<12}{start:>10}{peak:>10}{end:>10}{slope:>14}  {shape:<20}"
        f"{score:>5}  {judged}"
    )


def _series_lines(one: SeriesReport, name: str) -> Iterator[str]:
    verdict = one.verdict
    cells = "".join(f"{format_size(size):>10}" for size in one.sizes)
    shown = one.series.sizes if one.series.shown is None else one.series.shown
    bars = sparkline(zoomed_heights(_bars(one.series.times, shown)))
    shape, score = shape_name(verdict.shape), format_number(verdict.score, 2)
    if one.outcome == NOT_ENOUGH and verdict.level == "healthy":
        # "flat 0.00" beside 4 MiB to 128 MiB would be no judgement, and wrong.
        shape = score = "–"
    yield (
        f"  {name}{bars:<12}{cells}"
        f"{format_rate(verdict.rate_bytes_per_second):>14}  {shape:<20}"
        f"{score:>5}  {outcome_name(one.outcome)}"
    )
    if one.first_alert_seconds is not None:
        when = format_duration(one.first_alert_seconds)
        called = _("Reported as leaking after {time}.").format(time=when)
        yield "    " + paragraph(called, evidence_of(verdict))
    elif verdict.level != "healthy":
        yield f"    {evidence_of(verdict)}"
    elif one.outcome == NOT_ENOUGH:
        yield "    " + missing_text(one.series.times, one.expected_seconds)


def _decisions(decisions: Sequence[Decision]) -> str:
    """Several names with what was decided of each, in one line."""
    shown = [f"{short_name(name)} ({reason})" for name, reason in decisions[:_MOST_DECISIONS]]
    if len(decisions) > _MOST_DECISIONS:
        count = len(decisions) - _MOST_DECISIONS
        text = ngettext("and {count} other", "and {count} others", count)
        shown.append(text.format(count=format_count(count)))
    return ", ".join(shown)

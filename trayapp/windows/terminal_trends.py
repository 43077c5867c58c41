"""The trends as block characters in a terminal, for where no charts are installed."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from trayapp.charts.labels import plain_name
from trayapp.charts.selection import Selection
from trayapp.charts.terminal import block_chart
from trayapp.domain.records.series import APPLICATION, Series
from trayapp.errors import WindowError
from trayapp.history.reader import HistoryReader
from trayapp.language.catalogue import _
from trayapp.language.units import format_size
from trayapp.recording.instructions import Instructions
from trayapp.recording.side_by_side import open_recordings
from trayapp.windows.selecting import (
    MOST_IN_RECORDINGS,
    first_selection,
    narrow_selection,
    program_names,
    target_names,
)

_MOST_COLUMNS, _LEAST_COLUMNS = 160, 40
_LEAST_SECONDS = 1.0

_Samples = Sequence[tuple[float, float | None]]


def print_history(file: Path, asked: Mapping[str, Any], *, is_own: bool) -> None:
    """Print what `memtray trends` was asked to show of a history.

    asked: as `TrendOptions.request` gives it.
    Raises: UsageError, HistoryError, WindowError if there is no sample.
    """
    with HistoryReader(file, is_copy=not is_own) as reader:
        span = reader.span()
        if span is None:
            raise WindowError(_("no samples in {names}").format(names=plain_name(file.name, 60)))
        known = program_names(reader.series())
        selection = narrow_selection(
            first_selection(reader), known, last_wall_seconds=span[1], **asked
        )
        since, until = _stretch(span, selection)
        wanted = _wanted(selection, known, target_names(reader.series()))
        curves = reader.curves([series for series, _name in wanted], since, until, _MOST_COLUMNS)
        for (_series, name), points in zip(wanted, curves, strict=True):
            _print_chart(
                name, [(point.wall_seconds, point.maximum) for point in points], since, until
            )


def print_recordings(
    files: Sequence[Path], names: Sequence[str], instructions: Instructions
) -> None:
    """Print the series of recordings: those named, else the largest ten.

    Raises: RecordingError, UsageError.
    """
    opened = open_recordings(files, instructions)
    peaks = {
        each.name: max((size for size in each.track.memory if math.isfinite(size)), default=0.0)
        for each in opened.placed
    }
    largest = sorted(peaks, key=lambda name: -peaks[name])[:MOST_IN_RECORDINGS]
    chosen = narrow_selection(
        Selection(system=False, targets=tuple(largest)), tuple(peaks), targets=names
    ).targets
    curves: list[tuple[str, _Samples]] = []
    for name, start, track in opened.placed:
        if name in chosen:
            pairs = zip(track.times, track.memory, strict=True)
            curves.append((name, [(start + at, _known(size)) for at, size in pairs]))
    since = min(samples[0][0] for _name, samples in curves)
    until = max(samples[-1][0] for _name, samples in curves)
    for name, samples in curves:
        _print_chart(plain_name(name), samples, since, max(until, since + _LEAST_SECONDS))


def _known(size: float) -> float | None:
    return size if math.isfinite(size) else None


def _stretch(span: tuple[float, float], selection: Selection) -> tuple[float, float]:
    if selection.window is not None:
        return selection.window
    until = span[1]
    since = span[0] if selection.span_seconds is None else until - selection.span_seconds
    return min(since, until - _LEAST_SECONDS), until


def _wanted(
    selection: Selection, known: Iterable[str], targets: Sequence[str]
) -> list[tuple[Series, str]]:
    """Return the series to be drawn with their names, the machine first."""
    metric = f"{selection.metric}_bytes"
    wanted = [(Series("system", "", "used_bytes"), _("Used"))] if selection.system else []
    for name in known:
        if name in selection.targets:
            kind = "target" if name in targets else APPLICATION
            wanted.append((Series(kind, name, metric), plain_name(name)))
    if selection.app:
        wanted.append((Series("app", "", metric), _("Memtray itself")))
    return wanted


def _print_chart(name: str, samples: _Samples, since: float, until: float) -> None:
    columns = min(
        _MOST_COLUMNS, max(_LEAST_COLUMNS, shutil.get_terminal_size((80, 24)).columns - 1)
    )
    lines = block_chart(samples, since, until, columns=columns)
    last = next((size for _at, size in reversed(samples) if size is not None), None)
    print(f"{name}  {format_size(last)}")
    print(*(lines or [_("Nothing recorded yet.")]), "", sep="\n")

"""Timelines of a workbook: what was measured, part by part, with an empty row in each gap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trayapp.domain.records.series import PROGRAM_KINDS
from trayapp.export.parts import Cells, Part, serial
from trayapp.export.sheets import Column, Formats, Sheet, clock, series_column
from trayapp.export.source import Source
from trayapp.language.catalogue import _
from trayapp.language.units import MIB

_LEAST_GAP_SECONDS = 90.0
"""Memtray's slowest pace is a sample every 30 s."""


class Timeline:
    """A sheet of moments, with an empty row where nothing was measured for too long."""

    def __init__(self, sheet: Sheet, step_seconds: float) -> None:
        self.sheet = sheet
        self._step_seconds = step_seconds
        self._last: tuple[float, float] | None = None

    def add(self, part: Part, columns: Sequence[Cells | None]) -> None:
        """Write the next moments, but for those of which nothing is known."""
        known = {at: cells for at, cells in enumerate(columns, 1) if cells is not None}
        if not known:
            return
        numbers = (0, *known)
        rows = zip(part.serials, *known.values(), strict=True)
        is_whole = part.is_whole and not any(None in cells for cells in known.values())
        for wall_seconds, stretch, row in zip(part.wall_seconds, part.stretches, rows, strict=True):
            if is_whole:
                self._add(wall_seconds, stretch, numbers, row)
                continue
            pairs = [pair for pair in zip(numbers, row, strict=True) if pair[1] is not None]
            if len(pairs) > 1:
                self._add(wall_seconds, stretch, *zip(*pairs, strict=True))

    def _add(self, wall_seconds: float, stretch_seconds: float, columns: Any, values: Any) -> None:
        if self._last is not None:
            before, stretch = self._last
            stretch = max(stretch, stretch_seconds, self._step_seconds)
            distance = wall_seconds - before
            if distance > max(3 * stretch, _LEAST_GAP_SECONDS):
                # Charts would draw a line across what is not known.
                self.sheet.add_numbers((0,), (serial(before + distance / 2),))
        self._last = wall_seconds, stretch_seconds
        self.sheet.add_numbers(columns, values)


class TargetSheet:
    """The timeline of one target, and how it changed."""

    def __init__(
        self, sheet: Any, formats: Formats, name: str, source: Source, step_seconds: float
    ) -> None:
        places = [
            place
            for place, series in enumerate(source.series)
            if series.kind in PROGRAM_KINDS and series.name == name
        ]
        self._size = next((p for p in places if source.series[p].metric == "rss_bytes"), None)
        self._others = [p for p in places if p != self._size]
        columns = [
            Column(_("Time"), "time", 19.0),
            # As wide as the dates above it.
            Column(_("Memory (RSS), MiB"), "mib", 19.0),
            Column(_("Minimum, MiB"), "mib"),
            Column(_("Maximum, MiB"), "mib"),
            Column(_("Change, MiB"), "change"),
            Column(_("Change from start, MiB"), "change", 14.0),
            Column(_("Change from start, %"), "share", 14.0),
            *(series_column(source.series[place]) for place in self._others),
        ]
        above = [
            (_("Program"), name),
            (_("From"), clock(source.since_wall_seconds)),
            (_("Until"), clock(source.until_wall_seconds)),
        ]
        self.table = Sheet(sheet, formats, columns, above)
        self._timeline = Timeline(self.table, step_seconds)
        self._first: float | None = None
        self._before: float | None = None
        self.width = len(columns)

    def add(self, part: Part) -> None:
        """Write what there is of this target; nothing of when it did not run."""
        others = [part.shown(place) for place in self._others]
        self._timeline.add(part, [*self._sizes(part), *others])

    def _sizes(self, part: Part) -> Sequence[Cells | None]:
        means = None if self._size is None else part.column(self._size, "means")
        if means is None or self._size is None:
            return [None] * 6
        sizes: list[list[float | None]] = [[], [], [], []]
        for mean in means:
            row: tuple[float | None, ...] = (None,) * 4
            if mean is not None:
                if self._first is None:
                    self._first = mean
                change = mean - self._first
                delta = None if self._before is None else (mean - self._before) / MIB
                share = change / self._first if self._first else None
                row = mean / MIB, delta, change / MIB, share
                self._before = mean
            for column, value in zip(sizes, row, strict=True):
                column.append(value)
        minima = part.column(self._size, "minima") or ()
        least = [None if value is None else value / MIB for value in minima]
        return [sizes[0], least, part.shown(self._size), *sizes[1:]]

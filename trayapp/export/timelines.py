"""Timelines of a workbook: what was measured, part by part, with an empty row in each gap."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from trayapp.domain.records.series import PROGRAM_KINDS, Series
from trayapp.export.sheets import Column, Formats, Sheet, clock, serial, series_column
from trayapp.export.source import Source
from trayapp.history.columns import Columns
from trayapp.language.catalogue import _
from trayapp.language.units import MIB

_LEAST_GAP_SECONDS = 90.0
"""Memtray's slowest pace is a sample every 30 s."""

Cells = Sequence[float | None]
"""A column of a part: a value for each moment; None: it is unknown."""


class Part:
    """What was measured in a part of the time: columns with a cell for each moment."""

    def __init__(self, together: Sequence[Columns], series: Sequence[Series]) -> None:
        rows = sorted(
            (start, one.stretch_seconds, number)
            for number, one in enumerate(together)
            for start in one.starts_ms
        )
        self._series = series
        self.wall_seconds = [start / 1000 for start, _stretch, _number in rows]
        self.stretches = [stretch for _start, stretch, _number in rows]
        self.is_whole = len(together) == 1
        """Every column has a value for each moment."""
        self._columns: dict[tuple[int, str], Cells] = {}
        self._together = together
        self._moments = [
            [at for at, row in enumerate(rows) if row[2] == number]
            for number in range(len(together))
        ]
        self._shown: dict[int, Cells | None] = {}

    @cached_property
    def serials(self) -> list[float]:
        """When each moment was, as a spreadsheet keeps it."""
        return list(map(serial, self.wall_seconds))

    def column(self, place: int, field: str) -> Cells | None:
        """Return "minima", "means" or "maxima" of a series; None: nothing is known of it."""
        found: list[float | None] | None = None
        for one, moments in zip(self._together, self._moments, strict=True):
            if place in one.places:
                own: Sequence[float] = getattr(one, field)[one.places.index(place)]
                if self.is_whole:
                    return own
                found = found or [None] * len(self.wall_seconds)
                for at, value in zip(moments, own, strict=True):
                    found[at] = value
        return found

    def shown(self, place: int) -> Cells | None:
        """Return the greatest values of a series, sizes in MiB."""
        if place not in self._shown:
            found = self.column(place, "maxima")
            if found is not None and self._series[place].metric.endswith("_bytes"):
                found = [None if value is None else value / MIB for value in found]
            self._shown[place] = found
        return self._shown[place]


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

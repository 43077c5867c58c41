"""Parts of what was recorded: columns of many series with a cell for each moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from trayapp.domain.records.series import Series
from trayapp.history.columns import Columns
from trayapp.language.units import MIB

_FIRST_DAY = datetime(1899, 12, 31)

Cells = Sequence[float | None]
"""A column of a part: a value for each moment; None: it is unknown."""

_FIELDS = ("counts", "minima", "means", "maxima")
CellColumns = tuple[Cells, Cells, Cells, Cells]
"""The counts, minima, means and maxima of a series."""


class Part:
    """What was measured in a part of the time: columns with a cell for each moment."""

    def __init__(
        self, together: Sequence[Columns], series: Sequence[Series], step_seconds: float = 0.0
    ) -> None:
        """step_seconds: no stretch is shorter."""
        rows = sorted(
            (start, one.stretch_seconds, number)
            for number, one in enumerate(together)
            for start in one.starts_ms
        )
        self._series = series
        self.wall_seconds = [start / 1000 for start, _stretch, _number in rows]
        self.stretches = [max(stretch, step_seconds) for _start, stretch, _number in rows]
        self.is_whole = len(together) == 1
        """Every column has a value for each moment."""
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
        """Return "counts", "minima", "means" or "maxima" of a series; None: nothing is known."""
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

    def first(self, places: Sequence[int]) -> CellColumns | None:
        """Return at each moment what is known of the first of these series that is known of."""
        found: list[CellColumns] = []
        for place in places:
            columns = [self.column(place, field) for field in _FIELDS]
            counts, minima, means, maxima = columns
            if counts is None or minima is None or means is None or maxima is None:
                continue
            found.append((counts, minima, means, maxima))
            if None not in counts:
                break
        if len(found) < 2:
            return found[0] if found else None
        at_first = [
            next((own for own, count in enumerate(counts) if count is not None), 0)
            for counts in zip(*(one[0] for one in found), strict=True)
        ]
        counts, minima, means, maxima = (
            [columns[own][at] for at, own in enumerate(at_first)]
            for columns in zip(*found, strict=True)
        )
        return counts, minima, means, maxima

    def shown(self, place: int) -> Cells | None:
        """Return the greatest values of a series, sizes in MiB."""
        if place not in self._shown:
            found = self.column(place, "maxima")
            if found is not None and self._series[place].metric.endswith("_bytes"):
                found = [None if value is None else value / MIB for value in found]
            self._shown[place] = found
        return self._shown[place]


def serial(wall_seconds: float) -> float:
    """Return a moment by the local clock as a spreadsheet keeps it, in days; from 1970 on."""
    since = datetime.fromtimestamp(wall_seconds) - _FIRST_DAY
    seconds = float(since.seconds) + float(since.microseconds) / 1e6
    # A day was counted in 1900 that there was not.
    return since.days + seconds / 86_400 + 1

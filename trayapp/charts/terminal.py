"""A curve in block characters, for a terminal and for where no charts are installed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

from trayapp.charts.size_axis import size_limits
from trayapp.language.dates import format_day_time
from trayapp.language.units import format_size

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_LEAST_COLUMNS = 10


def block_chart(
    samples: Iterable[tuple[float, float | None]],
    since: float,
    until: float,
    *,
    columns: int,
    rows: int = 5,
) -> list[str]:
    """Return lines that show sizes over time, with the two ends of each axis.

    samples: wall seconds and bytes, in any order; None is a gap.
    columns, rows: the width of all, at least 40, and the height of the bars alone. A column shows
        the greatest size of its stretch of time; one without samples between two that have some
        shows the one before, unless a gap was told of there.
    """
    labels_width = max(len(format_size(1023 * 1024.0)), 10)
    width = max(_LEAST_COLUMNS, columns - labels_width - 2)
    bars = _columns(samples, since, until, width)
    known = [bar for bar in bars if bar is not None]
    if not known:
        return []
    low, high = size_limits(min(known), max(known))
    levels = [
        None if bar is None else max(1, round((bar - low) / (high - low) * rows * 8))
        for bar in bars
    ]
    lines = []
    for row in reversed(range(rows)):
        label = {rows - 1: format_size(high), 0: format_size(low)}.get(row, "")
        cells = "".join(
            " " if level is None else _EIGHTHS[min(8, max(0, level - 8 * row))] for level in levels
        )
        lines.append(f"{label:>{labels_width}} ┤{cells}".rstrip())
    first, last = (_moment(one, until - since) for one in (since, until))
    return [*lines, " " * (labels_width + 2) + first + last.rjust(width - len(first))]


def _columns(
    samples: Iterable[tuple[float, float | None]], since: float, until: float, width: int
) -> list[float | None]:
    """Return the greatest size of each column; None where nothing is known."""
    found: dict[int, float | None] = {}
    for moment, size in samples:
        if not since <= moment <= until:
            continue
        column = min(width - 1, int((moment - since) / (until - since) * width))
        known = found.get(column)
        found[column] = known if size is None else max(size, known or 0.0)
    bars = [found.get(column) for column in range(width)]
    for before, after in pairwise(sorted(found)):
        if found[before] is not None and found[after] is not None:
            bars[before:after] = [found[before]] * (after - before)
    return bars


def _moment(wall_seconds: float, span_seconds: float) -> str:
    at = datetime.fromtimestamp(wall_seconds)
    if span_seconds < 3600:
        return f"{at:%H:%M:%S}"
    return (
        f"{at:%H:%M}" if span_seconds < 86400 else format_day_time(at.month, at.day, f"{at:%H:%M}")
    )

"""The axes of a chart: round sizes, round times, and as little ink as still reads well."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from dateutil.tz import tzlocal
from matplotlib.axes import Axes
from matplotlib.dates import MINUTELY, SECONDLY, AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, Formatter, FuncFormatter, Locator, MaxNLocator

from trayapp.charts.palette import Palette
from trayapp.language.catalogue import _, format_number
from trayapp.language.dates import MONTHS, format_day, month_name
from trayapp.language.units import format_duration, format_size, unit_for

DAY_SECONDS = 86400.0
"""matplotlib counts days."""
FINE_SECONDS = 30.0
"""Where less than this is shown, moments are told to the millisecond."""
_MONTH = re.compile(rf"\b({'|'.join(MONTHS)})(?:-(\d\d))?\b")
"""As matplotlib writes them, which knows no language but the process's locale."""
_STEPS_SECONDS = (
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30,
    60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200,
    86400, 172800, 432000, 864000, 2592000, 7776000, 31536000,
)  # fmt: skip


class SizeLocator(Locator):
    """Ticks at round numbers of the largest unit that fits the axis."""

    def __init__(self, count: int) -> None:
        self._round = MaxNLocator(nbins=count, steps=[1, 2, 5, 10])

    def __call__(self) -> Sequence[float]:
        low, high = self.axis.get_view_interval()  # type: ignore[union-attr]
        return self.tick_values(low, high)

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """Return the ticks, in bytes, for an axis from `vmin` to `vmax` bytes."""
        size = unit_for(max(abs(vmin), abs(vmax)))[0]
        ticks = np.asarray(self._round.tick_values(vmin / size, vmax / size)) * size
        return [float(tick) for tick in ticks]


class SizeFormatter(Formatter):
    """Labels in one unit for the whole axis, with as many digits as its steps need."""

    def __call__(self, x: float, pos: int | None = None) -> str:  # noqa: ARG002
        """Return the label of a single size, outside the axis."""
        return format_size(x)

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        size, unit = unit_for(max((abs(value) for value in values), default=0.0))
        steps = np.diff(np.unique(np.asarray(values, dtype=np.float64))) / size
        step = float(steps.min()) if len(steps) else 1.0
        digits = 0 if step >= 0.999 else min(6, int(np.ceil(-np.log10(step) - 1e-6)))
        return [
            _(unit).format(number=format_number(value / size, digits)) if value else "0"
            for value in values
        ]


class _DateFormatter(ConciseDateFormatter):
    """Labels of dates with months in the person's language."""

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        labels = super().format_ticks(values)  # type: ignore[no-untyped-call]
        return [_MONTH.sub(_translated_month, label) for label in labels]


def fine_clock(moment: datetime) -> str:
    """Return a clock time to the millisecond."""
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03}"


def dress(
    figure: Figure,
    axes: Axes,
    since: float,
    until: float,
    palette: Palette,
    *,
    is_lowest: bool,
    is_elapsed: bool = False,
) -> None:
    """Set scales, grid and spines of axes between two wall times, or elapsed ones."""
    width, height = axes.get_position().size * figure.get_size_inches()
    axes.set_facecolor("none")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(palette.muted)
    axes.grid(axis="y", color=palette.grid, linewidth=0.8)
    axes.grid(axis="x", color=palette.grid, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(colors=palette.muted, labelsize=8, length=0, pad=5)
    axes.set_xlim(since / DAY_SECONDS, until / DAY_SECONDS)
    # Seconds are told with their hours and minutes, and need more room.
    count = max(3, int(width / (0.75 if until - since >= 60 else 1.0)))
    if is_elapsed:
        _count_from_start(axes, since, until, count)
    else:
        _tell_the_time(axes, count)
    axes.tick_params(axis="x", labelbottom=is_lowest)
    axes.yaxis.set_major_locator(SizeLocator(max(2, min(8, int(height / 0.38)))))
    axes.yaxis.set_major_formatter(SizeFormatter())


def _tell_the_time(axes: Axes, count: int) -> None:
    local = tzlocal()
    locator = AutoDateLocator(tz=local, minticks=2, maxticks=count)  # type: ignore[no-untyped-call]
    # Ten minutes would otherwise have either two ticks or too many.
    locator.intervald[MINUTELY] = [1, 2, 5, 10, 15, 30]
    locator.intervald[SECONDLY] = [1, 2, 5, 10, 15, 30]
    axes.xaxis.set_major_locator(locator)
    formatter = _DateFormatter(locator, tz=local, show_offset=False)  # type: ignore[no-untyped-call]
    # A bare "22" is no date, and a picture goes without its window.
    formatter.formats[2] = formatter.zero_formats[2] = "%b-%d"
    formatter.formats[5] = formatter.zero_formats[5] = "%H:%M:%S.%f"
    axes.xaxis.set_major_formatter(formatter)


def _count_from_start(axes: Axes, since: float, until: float, count: int) -> None:
    step = next(
        (step for step in _STEPS_SECONDS if (until - since) / step <= count), _STEPS_SECONDS[-1]
    )
    ticks = np.arange(np.ceil(since / step), until / step + 1e-9) * step
    axes.xaxis.set_major_locator(FixedLocator([float(tick) / DAY_SECONDS for tick in ticks]))
    axes.xaxis.set_major_formatter(FuncFormatter(_elapsed))


def _translated_month(found: re.Match[str]) -> str:
    month = 1 + MONTHS.index(found[1])
    return format_day(month, int(found[2])) if found[2] else month_name(month)


def _elapsed(days: float, _position: object) -> str:
    seconds = days * DAY_SECONDS
    if 0 < abs(seconds) < 1:
        return _("{number} s").format(number=format_number(float(f"{seconds:.3g}"), None))
    return format_duration(seconds)

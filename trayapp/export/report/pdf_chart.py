"""The charts of the report on paper, drawn by matplotlib, and what their legends show."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from trayapp.charts.size_axis import size_ticks
from trayapp.charts.time_ticks import time_ticks
from trayapp.export.report.colors import COLORS, CURVES
from trayapp.export.report.facts import (
    MOST_SIZES,
    Chart,
    Report,
    last_known,
    mark_rows,
    shown_marks,
)
from trayapp.export.report.svg import foot_of, limits_of, stretches_of
from trayapp.language.catalogue import _, format_count
from trayapp.language.units import format_size

_MARK_POINTS = 4.0
_COLORS = COLORS["light"]
_CURVES = CURVES["light"]
_DASHES: tuple[tuple[float, tuple[float, ...]] | None, ...] = (
    None, (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (9, 3)), (0, (3, 1.5)),
    (0, (6, 1.5, 1.5, 1.5, 1.5, 1.5)),
)  # fmt: skip
"""None: an unbroken line."""
_MARKS = {
    "warning": ("^", _COLORS["warning"]),
    "critical": ("s", _COLORS["bad"]),
    "emergency": ("D", _COLORS["bad"]),
    "cleanup": ("o", _COLORS["good"]),
    "restart": ("|", _COLORS["muted"]),
}


def draw_chart(axes: Axes, chart: Chart, report: Report, width: float, height: float) -> None:
    """Draw a chart that is so wide and high, in inches."""
    since, until = report.since_wall_seconds, report.until_wall_seconds
    until = max(until, since + 1.0)
    low, high = limits_of(chart)
    axes.set_xlim(since, until)
    axes.set_ylim(low, high)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_COLORS["muted"])
    if low > 0:
        axes.spines["bottom"].set_linestyle((0, (2, 4)))
    axes.annotate(
        foot_of(chart, high), (0.0, 0.0), xycoords="axes fraction", xytext=(3, 3),
        textcoords="offset points", size=6.5, color=_COLORS["muted"], zorder=6,
    )  # fmt: skip
    axes.grid(color=_COLORS["rule"], linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_COLORS["muted"], labelsize=7, length=0, pad=3)
    sizes, times = size_ticks(low, high, MOST_SIZES), time_ticks(since, until)
    axes.set_yticks([size for size, _label in sizes], [label for _size, label in sizes])
    axes.set_xticks([at for at, _label in times], [label for _at, label in times])
    for number, curve in enumerate(chart.curves):
        color, dash = _CURVES[number % len(_CURVES)], _DASHES[number % len(_DASHES)]
        for stretch in stretches_of(curve.points):
            moments = [point.wall_seconds for point in stretch]
            lows, highs = [point.low for point in stretch], [point.high for point in stretch]
            # The edge keeps a spike visible that is only a hair wide.
            axes.fill_between(
                moments, lows, highs, facecolor=(color, 0.2), edgecolor=(color, 0.6), linewidth=0.4
            )
            axes.plot(
                moments, [point.mean for point in stretch], color=color, linestyle=dash,
                linewidth=1.2, marker="o" if len(stretch) == 1 else "", markersize=2,
            )  # fmt: skip
    if chart.ceiling_bytes and chart.ceiling_bytes <= high:
        axes.axhline(chart.ceiling_bytes, color=_COLORS["bad"], linewidth=1, linestyle="dashdot")
        axes.text(
            since, chart.ceiling_bytes, f"{chart.ceiling_name} {format_size(chart.ceiling_bytes)}",
            size=7, color=_COLORS["muted"], ha="left", va="bottom", zorder=6,
            path_effects=[withStroke(linewidth=2, foreground="white")],
        )  # fmt: skip
    if chart.growth is not None:
        (t1, size1), (t2, size2) = chart.growth
        axes.plot([t1, t2], [size1, size2], color=_COLORS["bad"], linewidth=1.4, linestyle=":")
    # From one row to the next, and between two of one row.
    apart = (_MARK_POINTS + 1.5) / 72
    rows = mark_rows(chart.marks, apart * (until - since) / width)
    for mark, row in zip(chart.marks, rows, strict=True):
        shape, color = _MARKS[mark.kind]
        level = high - row * apart / height * (high - low)
        # The line of a mark for several ends soon: many of them would hide the curve.
        start = 0.0 if mark.number == 1 else 0.92
        axes.axvline(mark.wall_seconds, start, color=color, linewidth=0.6, alpha=0.7)
        if mark.number > 1:
            axes.annotate(
                format_count(mark.number), (mark.wall_seconds, level), xytext=(4, 0),
                textcoords="offset points", va="center", size=6, color=_COLORS["muted"],
                annotation_clip=False,
            )  # fmt: skip
        axes.plot(
            [mark.wall_seconds], [level], marker=shape, color=color, ms=_MARK_POINTS,
            clip_on=False,
        )  # fmt: skip


def legend_of(chart: Chart) -> list[tuple[str, Line2D]]:
    """Return a text for every curve, line and kind of mark, each with a sample of it."""
    entries = []
    for number, curve in enumerate(chart.curves):
        if (last := last_known(curve)) is not None:
            color, dash = _CURVES[number % len(_CURVES)], _DASHES[number % len(_DASHES)]
            sample = Line2D([], [], color=color, linestyle=dash, linewidth=1.4, marker="")
            entries.append((f"{curve.name}  {format_size(last.mean)}", sample))
    if chart.growth is not None:
        sample = Line2D([], [], color=_COLORS["bad"], linestyle=":", linewidth=1.4, marker="")
        entries.append((_("Keeps growing"), sample))
    for kind, label in shown_marks(chart):
        shape, color = _MARKS[kind]
        sample = Line2D([], [], color=color, marker=shape, ms=_MARK_POINTS, linestyle="none")
        entries.append((label, sample))
    return entries

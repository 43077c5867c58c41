"""What lies on top of the curves: events, growth that goes on, the moment that was asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from trayapp.charts.axes import DAY_SECONDS
from trayapp.charts.curves import Curve
from trayapp.charts.events import (
    EVENT_SHAPES,
    bundled_count,
    event_colour,
    event_key,
    event_label,
    task_end,
)
from trayapp.charts.palette import Palette
from trayapp.domain.judging.growth_line import Growth
from trayapp.domain.records.series import Event
from trayapp.language.catalogue import _, format_count

_MARK_POINTS = 6.5
ROW_POINTS, MOST_ROWS = 8.0, 3
"""Marks that would cover each other stand in so many rows, so far apart."""
STUB = 0.06
"""How far down the line of a mark for several goes, of the panel's height."""
TITLE_GAP = 0.2
"""Inches between the title and the legend of the marks."""
GROWTH_DASHES = (0, (1.0, 1.6))


def mark_events(axes: Axes, events: Sequence[Event], palette: Palette) -> None:
    """Draw one thin line through the panel, and a shape on its top edge, per event.

    Where one stands for several, the shape has their number beside it and its line ends soon: many
    of them would hide the curves.
    """
    on_top = blended_transform_factory(axes.transData, axes.transAxes)
    first, _last = axes.get_xlim()
    rows = _mark_rows(axes, events)
    # All of a kind at once: months hold hundreds.
    for key in {event_key(event): None for event in events}:
        together = [event for event in events if event_key(event) == key]
        heights = [rows[id(event)] for event in together]
        colour, days = event_colour(key, palette), [e.wall_seconds / DAY_SECONDS for e in together]
        counts = [bundled_count(event) for event in together]
        axes.vlines(
            days, [0.0 if count == 1 else 1 - STUB for count in counts], 1.0, transform=on_top,
            colors=colour, linewidth=0.9, alpha=0.6,
            linestyles="-" if together[0].kind == "alert" else ":",
        )  # fmt: skip
        for event, at, count in zip(together, days, counts, strict=True):
            if count == 1 and (end := task_end(event)) is not None:
                axes.axvspan(at, end / DAY_SECONDS, color=colour, alpha=0.13, linewidth=0)
            if count > 1 and at >= first:
                axes.annotate(
                    format_count(count), (at, 1.0), xycoords=on_top,
                    xytext=(4.5, -rows[id(event)] * ROW_POINTS), textcoords="offset points",
                    va="center", fontsize=6.5, color=palette.text, annotation_clip=False, zorder=6,
                )  # fmt: skip
        for row in {*heights}:
            # Downwards, where the axis leaves some room; above is what the panel is called.
            down = ScaledTranslation(0, -row * ROW_POINTS / 72, axes.figure.dpi_scale_trans)
            # What began before the panel does reaches into it, but has no mark there.
            marked = zip(days, heights, strict=True)
            there = [at for at, height in marked if height == row and at >= first]
            axes.plot(
                there, [1.0] * len(there), transform=on_top + down, marker=EVENT_SHAPES[key],
                color=colour, markersize=_MARK_POINTS, markeredgecolor=palette.background,
                markeredgewidth=0.8, clip_on=False, zorder=5, linestyle="none",
            )  # fmt: skip


def _mark_rows(axes: Axes, events: Sequence[Event]) -> dict[int, int]:
    """Return the row of each event's mark, by its id: the first that is free, the edge being 0."""
    low, high = axes.get_xlim()
    width_points = axes.bbox.width / axes.figure.dpi * 72
    ends = [float("-inf")] * MOST_ROWS
    rows = {}
    for event in sorted(events, key=lambda one: one.wall_seconds):
        at = (event.wall_seconds / DAY_SECONDS - low) / (high - low) * width_points
        free = [row for row, end in enumerate(ends) if at - end >= _MARK_POINTS]
        row = free[0] if free else ends.index(min(ends))
        rows[id(event)], ends[row] = row, at
    return rows


def mark_moment(axes: Axes, wall_seconds: float, palette: Palette) -> None:
    """Draw a strong line at the moment that a banner was about."""
    axes.axvline(wall_seconds / DAY_SECONDS, color=palette.text, linewidth=1.4, alpha=0.85)


def explain_marks(
    figure: Figure,
    events: Iterable[Event],
    palette: Palette,
    *,
    moment: bool,
    growth: Collection[Growth],
) -> None:
    """Draw the legend of the marks that are there, in the upper right corner."""
    present = {event_key(event) for event in events}
    keys = [key for key in EVENT_SHAPES if key in present]
    handles = [
        Line2D(
            [], [], linestyle="none", marker=EVENT_SHAPES[key], markersize=_MARK_POINTS,
            color=event_colour(key, palette),
        )
        for key in keys
    ]  # fmt: skip
    labels = [event_label(key) for key in keys]
    if moment:
        stroke = Line2D([], [], linestyle="none", marker="|", markersize=9, markeredgewidth=1.4)
        stroke.set_color(palette.text)
        handles.append(stroke)
        labels.append(_("Selected time"))
    if growth:
        handles.append(Line2D([], [], color=palette.text, linestyle=GROWTH_DASHES, linewidth=1.6))
        labels.append(_("Keeps growing"))
    if not handles:
        return
    # In rows, where one would reach into the title.
    title = max((text.get_window_extent().x1 for text in figure.texts), default=0.0)
    for columns in range(len(handles), 0, -1):
        legend = _mark_legend(figure, handles, labels, columns, palette)
        if columns <= 2 or legend.get_window_extent().x0 > title + TITLE_GAP * figure.dpi:
            break
        legend.remove()


def _mark_legend(
    figure: Figure, handles: Sequence[Line2D], labels: Sequence[str], columns: int, palette: Palette
) -> Legend:
    width, height = figure.get_size_inches()
    return figure.legend(
        handles,
        labels,
        loc="upper right",
        bbox_to_anchor=(1 - 0.15 / width, 1 - 0.12 / height),
        ncols=columns,
        labelcolor=palette.text,
        # A line fills its place, a shape does not; neither may touch its text.
        handlelength=1.4, handletextpad=0.55, columnspacing=1.0,
        fontsize=8, frameon=False, borderpad=0,
    )  # fmt: skip


def draw_growth(axes: Axes, curve: Curve, growth: Growth, until: float, palette: Palette) -> None:
    """Draw the straight line that a verdict means, through the middle of the rise itself."""
    since_start = (curve.times >= growth.since) & np.isfinite(curve.mean)
    if not since_start.any():
        return
    times = curve.times[since_start]
    rest = curve.mean[since_start] - growth.bytes_per_second * times
    middle = float(np.median(rest))
    ends = np.array([max(growth.since, float(curve.times[0])), until])
    axes.plot(
        ends / DAY_SECONDS, middle + growth.bytes_per_second * ends,
        color=palette.text, linestyle=GROWTH_DASHES, linewidth=1.6, zorder=4,
    )  # fmt: skip

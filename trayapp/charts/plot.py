"""The trend chart: from what was read to a matplotlib figure, on screen or in a file.

Imports matplotlib, so only child processes may import it. Nothing here uses pyplot, which would
keep every figure alive.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from trayapp.charts.axes import DAY_SECONDS, dress
from trayapp.charts.curve_drawing import draw_bands, draw_curve, draw_layers, limits_of
from trayapp.charts.curves import Curve, Run, TrendData
from trayapp.charts.labels import chart_name
from trayapp.charts.legend import add_legend, explain_little, run_text, show_legend
from trayapp.charts.marks import draw_growth, explain_marks, mark_events, mark_moment
from trayapp.charts.palette import DASHES, HEAP_DASHES, Palette
from trayapp.charts.selection import metric_label
from trayapp.charts.stacking import stack
from trayapp.charts.titles import targets_heading, write_heading, write_title
from trayapp.dataclass import dataclass
from trayapp.domain.judging.growth_line import Growth
from trayapp.domain.records.series import Event
from trayapp.language.catalogue import _
from trayapp.language.units import format_size

LEFT_INCHES, RIGHT_INCHES, TOP_INCHES, BOTTOM_INCHES = 0.82, 2.9, 0.86, 0.42
PANEL_GAP_INCHES = 0.5
LIMIT_REACH = 4.0
"""A limit of more than so many times the peak would press everything that happens to the ground."""
_MOST_FAR = 3
"""So many limits above the chart are named."""


@dataclass(frozen=True, eq=False, slots=True)
class Panel:
    """One pair of axes and what it shows, for reading values off it."""

    axes: Axes
    curves: tuple[Curve, ...]
    colours: tuple[str, ...]
    events: tuple[Event, ...]


def trend_figure(
    data: TrendData,
    palette: Palette,
    *,
    now_wall_seconds: float,
    size_inches: tuple[float, float] = (10.0, 6.0),
    dpi: float = 100.0,
) -> Figure:
    """Return a new figure with the whole chart in it."""
    figure = Figure(figsize=size_inches, dpi=dpi)
    draw_trends(figure, data, palette, now_wall_seconds=now_wall_seconds)
    return figure


def draw_trends(
    figure: Figure, data: TrendData, palette: Palette, *, now_wall_seconds: float
) -> tuple[Panel, ...]:
    """Replace what `figure` shows by the chart of `data`; needs the figure's final size."""
    figure.clear()
    figure.set_facecolor(palette.background)
    write_title(figure, data, palette, now_wall_seconds)
    selection = data.selection
    with_targets = selection.app or bool(selection.targets)
    if data.runs is not None and not data.runs:
        nothing = _("No runs of it in the history.")
        figure.text(0.5, 0.5, nothing, ha="center", color=palette.muted)
        return ()
    if data.runs is not None:
        (axes,) = _lay_out(figure, data, palette, (1.0,))
        return (_draw_runs(axes, data, data.runs, palette),)
    if selection.stacked and with_targets:
        (axes,) = _lay_out(figure, data, palette, (1.0,))
        panels = [_draw_stack(figure, axes, data, palette)]
    elif selection.system or with_targets:
        weights = (2.0,) * selection.system + (3.0,) * with_targets
        all_axes = list(_lay_out(figure, data, palette, weights))
        panels = [_draw_system(figure, all_axes.pop(0), data, palette)] if selection.system else []
        panels += [_draw_targets(figure, axes, data, palette) for axes in all_axes]
    else:
        nothing = _("Nothing selected.")
        figure.text(0.5, 0.5, nothing, ha="center", color=palette.muted)
        return ()
    has_moment = selection.moment is not None and data.since <= selection.moment <= data.until
    for panel in panels:
        mark_events(panel.axes, panel.events, palette)
        if has_moment and selection.moment is not None:
            mark_moment(panel.axes, selection.moment, palette)
    explain_marks(
        figure,
        [event for panel in panels for event in panel.events],
        palette,
        moment=has_moment,
        growth=() if selection.stacked else data.growths.values(),
    )
    return tuple(panels)


def _lay_out(
    figure: Figure, data: TrendData, palette: Palette, weights: Sequence[float]
) -> tuple[Axes, ...]:
    """Add axes one above the other, as high as their weights, with room for legends beside them."""
    width, height = figure.get_size_inches()
    inner = height - TOP_INCHES - BOTTOM_INCHES - PANEL_GAP_INCHES * (len(weights) - 1)
    top = height - TOP_INCHES
    found = []
    for number, weight in enumerate(weights):
        panel_height = max(0.3, inner * weight / sum(weights))
        axes = figure.add_axes(
            (
                LEFT_INCHES / width,
                (top - panel_height) / height,
                max(0.5, width - LEFT_INCHES - RIGHT_INCHES) / width,
                panel_height / height,
            )
        )
        top -= panel_height + PANEL_GAP_INCHES
        dress(
            figure,
            axes,
            data.since,
            data.until,
            palette,
            is_lowest=number == len(weights) - 1,
            is_elapsed=data.runs is not None,
        )
        found.append(axes)
    return tuple(found)


def _draw_system(figure: Figure, axes: Axes, data: TrendData, palette: Palette) -> Panel:
    write_heading(axes, _("System"), palette)
    curves, colours = data.system, (palette.system, palette.swap)
    used, swap = curves
    lines = [
        (used, draw_curve(axes, used, colours[0], DASHES[0], filled=True)),
        (swap, draw_curve(axes, swap, colours[1], DASHES[1])),
    ]
    draw_bands(axes, curves, colours)
    others = _draw_total(axes, data, palette, max(curve.peak or 0.0 for curve in curves))
    if explain_little(axes, curves, palette):
        add_legend(figure, axes, lines, palette, others)
    return Panel(axes, curves, colours, data.system_events)


def _draw_total(
    axes: Axes, data: TrendData, palette: Palette, top: float
) -> list[tuple[str, Line2D]]:
    """Draw the machine's memory as a ceiling, if it is known; return its legend entry."""
    axes.set_ylim(0, max(top, data.total_bytes or 0.0) * 1.06 or 1.0)
    if not data.total_bytes:
        return []
    ceiling = axes.axhline(data.total_bytes, color=palette.muted, lw=1.1, ls="dashdot")
    return [(_("Total {size}").format(size=format_size(data.total_bytes)), ceiling)]


def _draw_targets(figure: Figure, axes: Axes, data: TrendData, palette: Palette) -> Panel:
    write_heading(axes, targets_heading(data), palette)
    colours = _colours(data.targets, palette)
    lines = [
        (curve, draw_curve(axes, curve, colour, DASHES[curve.slot % len(DASHES)]))
        for curve, colour in zip(data.targets, colours, strict=True)
    ]
    heap_colours = _colours(data.heaps, palette)
    lines += [
        (curve, draw_curve(axes, curve, colour, HEAP_DASHES))
        for curve, colour in zip(data.heaps, heap_colours, strict=True)
    ]
    curves, colours = (*data.targets, *data.heaps), (*colours, *heap_colours)
    draw_bands(axes, curves, colours)
    _draw_usual(axes, data, colours)
    _draw_limits(axes, data, curves, colours, palette)
    for curve in curves:
        if growth := _growth_of(curve, data):
            draw_growth(axes, curve, growth, data.until, palette)
    if explain_little(axes, data.targets, palette):
        add_legend(figure, axes, lines, palette, growth_of=lambda curve: _growth_of(curve, data))
    return Panel(axes, curves, colours, data.target_events)


def _draw_usual(axes: Axes, data: TrendData, colours: Sequence[str]) -> None:
    """Shade what is usual for each target at each hour."""
    for curve, colour in zip(data.targets, colours, strict=False):  # those of heaps follow
        hours = data.usual.get(curve.series.name, ()) if curve.is_known else ()
        # Each hour for itself: others between them may be unknown.
        for at, low, high in hours:
            begin, end = max(at, data.since), min(at + 3600.0, data.until)
            axes.fill_between(
                [begin / DAY_SECONDS, end / DAY_SECONDS], low, high,
                color=colour, alpha=0.12, linewidth=0, zorder=0.5,
            )  # fmt: skip


def _is_heap(curve: Curve) -> bool:
    return curve.series.metric.startswith("heap_")


def _growth_of(curve: Curve, data: TrendData) -> Growth | None:
    """Return what is said of the growth that this very curve shows."""
    growth = data.growths.get(curve.series.name)
    return growth if growth is not None and growth.is_of_heap == _is_heap(curve) else None


def _limit_of(curve: Curve, data: TrendData) -> float | None:
    limits = data.heap_limits if _is_heap(curve) else data.limits
    return limits.get(curve.series.name)


def _draw_limits(
    axes: Axes,
    data: TrendData,
    curves: Sequence[Curve],
    colours: Sequence[str],
    palette: Palette,
) -> None:
    """Draw the limits of targets and heaps where they are near enough, and the line of zero.

    Also the line of zero, and a word where the axis does not begin there.
    """
    low, high = limits_of(curves)
    limited = [
        (size, curve, colour)
        for curve, colour in zip(curves, colours, strict=True)
        if curve.is_known and (size := _limit_of(curve, data)) is not None
    ]
    near = {
        size: (curve, colour)
        for size, curve, colour in limited
        if size <= LIMIT_REACH * (curve.peak or 0.0)
    }
    far = [(size, curve) for size, curve, _colour in limited if size not in near]
    if near:
        high = max(high, max(near) * 1.06)
    if near or data.selection.window is None:
        # Down to zero, unless somebody looks closer: how much of it changes is to be seen.
        low = 0.0
    axes.set_ylim(low, high)
    _draw_zero(axes, palette)
    for size, (curve, colour) in near.items():
        axes.axhline(size, color=colour, linewidth=1.2, linestyle="dashdot")
        axes.annotate(
            _limit_text(data, curve, size), (0.0, size), xycoords=("axes fraction", "data"),
            xytext=(4, 3), textcoords="offset points", fontsize=8, color=palette.text,
        )  # fmt: skip
    # A line so far above would press the curves to the ground.
    for row, (size, curve) in enumerate(far[:_MOST_FAR]):
        axes.annotate(
            f"↑ {_limit_text(data, curve, size)}", (0.0, 1.0), xycoords="axes fraction",
            xytext=(4, -11 * (row + 1)), textcoords="offset points", fontsize=8,
            color=palette.muted,
        )  # fmt: skip


def _limit_text(data: TrendData, curve: Curve, size: float) -> str:
    text = _("limit {size}").format(size=format_size(size))
    if _is_heap(curve):
        text = _("limit of the heap {size}").format(size=format_size(size))
    if len(data.targets) > 1:
        name = chart_name(curve.series.name if _is_heap(curve) else curve.name, 20)
        text = _("{name}: {text}").format(name=name, text=text)
    return text


def _draw_zero(axes: Axes, palette: Palette) -> None:
    """Mark zero by a line, or note that the axis does not reach down to it."""
    low, _high = axes.get_ylim()
    if low <= 0:
        axes.axhline(0.0, color=palette.muted, linewidth=1.0)
        return
    axes.annotate(
        _("axis does not start at 0"), (0.0, 0.0), xycoords="axes fraction", xytext=(4, 4),
        textcoords="offset points", fontsize=7.5, color=palette.muted,
    )  # fmt: skip


def _unrest(curve: Curve) -> float:
    return float(np.nanstd(curve.mean)) if curve.is_known else 0.0


def _colours(curves: Sequence[Curve], palette: Palette) -> tuple[str, ...]:
    return tuple(palette.lines[curve.slot % len(palette.lines)] for curve in curves)


def _draw_stack(figure: Figure, axes: Axes, data: TrendData, palette: Palette) -> Panel:
    """Draw all targets on top of each other, and above them everything else in use."""
    write_heading(axes, targets_heading(data), palette)
    whole = data.system[data.selection.metric == "swap"] if data.system else None
    # The steadiest lowest, so that what moves does not move everything above it.
    curves = tuple(sorted(data.targets, key=_unrest))
    colours = _colours(curves, palette)
    layers = stack(curves, data.since, data.until, whole)
    days = layers.times / DAY_SECONDS
    hatches = draw_layers(axes, layers, curves, colours, len(palette.lines))
    entries = [
        (curve, Patch(facecolor=(colour, 0.55), edgecolor=colour, hatch=hatch))
        for curve, colour, hatch in zip(curves, colours, hatches, strict=True)
    ]
    below = layers.tops[-1] if layers.tops else np.zeros_like(days)
    shown = curves
    reached = max((float(high.max()) for high in layers.highs), default=0.0)
    others: list[tuple[str, Line2D | Patch]] = []
    if layers.rest is not None and whole is not None:
        axes.fill_between(days, below, layers.rest, color=palette.muted, alpha=0.18, linewidth=0)
        others.append((_("Everything else"), Patch(facecolor=(palette.muted, 0.18))))
        shown, colours = (*curves, whole), (*colours, palette.muted)
        reached = max(reached, whole.peak or 0.0)
        axes.plot(days, layers.rest, color=palette.muted, linewidth=1.0)
    if whole is not None and data.selection.metric != "swap":
        others += _draw_total(axes, data, palette, reached)
    else:
        axes.set_ylim(0, reached * 1.06 or 1.0)
    if explain_little(axes, shown, palette):
        add_legend(figure, axes, entries, palette, others)
    return Panel(axes, shown, colours, (*data.system_events, *data.target_events))


def _draw_runs(axes: Axes, data: TrendData, runs: Sequence[Run], palette: Palette) -> Panel:
    write_heading(axes, metric_label(data.selection.metric), palette)
    colours = tuple(palette.muted if run.slot else palette.lines[0] for run in runs)
    entries = []
    for run, colour in reversed(list(zip(runs, colours, strict=True))):
        dashes = DASHES[run.slot % len(DASHES)]
        line = draw_curve(axes, run.curve, colour, dashes, faint=bool(run.slot))
        entries.append((run_text(run), line))
    draw_bands(axes, data.targets, colours)
    axes.set_ylim(0.0, limits_of(data.targets)[1])
    _draw_zero(axes, palette)
    if explain_little(axes, data.targets, palette):
        show_legend(axes, entries[::-1], palette)
    return Panel(axes, data.targets, colours, ())

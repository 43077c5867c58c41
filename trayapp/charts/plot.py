"""The trend chart: from what was read to a matplotlib figure, on screen or in a file.

Imports matplotlib, so only child processes may import it. Nothing here uses pyplot, which would
keep every figure alive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from trayapp.charts.axes import DAY_SECONDS, FINE_SECONDS, dress, fine_clock
from trayapp.charts.curves import Curve, Run, TrendData
from trayapp.charts.growth import Growth, growth_text
from trayapp.charts.labels import chart_name
from trayapp.charts.marks import draw_growth, explain_marks, mark_events, mark_moment
from trayapp.charts.palette import DASHES, Palette
from trayapp.charts.selection import RANGES, metric_label
from trayapp.charts.stacking import Layers, stack
from trayapp.domain.judging.trend import rate_said
from trayapp.domain.records.series import Event
from trayapp.language.catalogue import _, ngettext
from trayapp.language.dates import format_date, format_day_time
from trayapp.language.units import format_duration, format_rate, format_size

LEFT_INCHES, RIGHT_INCHES, TOP_INCHES, BOTTOM_INCHES = 0.82, 2.9, 0.86, 0.42
PANEL_GAP_INCHES = 0.5
ENTRY_INCHES = 0.34
SHORT_ENTRY_INCHES = 0.21
LIMIT_REACH = 4.0
"""A limit of more than so many times the peak would press everything that happens to the ground."""
"""Heights of legend entries of two lines and of one."""

HATCHES = (None, "///", "...", "xxx", "\\\\\\", "+++")
"""One for each time that the colours of a stack begin anew."""
MOST_HATCHED = 24
"""Among more layers nobody could tell one from another, and hatches take time."""


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
    """A new figure with the whole chart in it."""
    figure = Figure(figsize=size_inches, dpi=dpi)
    draw_trends(figure, data, palette, now_wall_seconds=now_wall_seconds)
    return figure


def draw_trends(
    figure: Figure, data: TrendData, palette: Palette, *, now_wall_seconds: float
) -> tuple[Panel, ...]:
    """Replace what `figure` shows by the chart of `data`; needs the figure's final size."""
    figure.clear()
    figure.set_facecolor(palette.background)
    _write_title(figure, data, palette, now_wall_seconds)
    selection = data.selection
    with_targets = selection.app or bool(selection.targets)
    if data.runs is not None and not data.runs:
        nothing = _("There is no run of it in the history.")
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
        nothing = _("Nothing is chosen to be shown.")
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
    """Axes one above the other, as high as their weights, with the legends' room beside them."""
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


def _write_title(figure: Figure, data: TrendData, palette: Palette, now: float) -> None:
    width, height = figure.get_size_inches()
    left = 0.1 / width
    figure.text(
        left, 1 - 0.14 / height, _title(data),
        va="top", fontsize=13, weight="bold", color=palette.text,
    )  # fmt: skip
    line = time_span(data.since, data.until) if data.runs is None else _runs_line(data.runs)
    is_history = data.recording is None and data.selection.window is None
    if is_history and data.last is not None and now - data.last > 60:
        line = _("{line} · last sample {age} ago").format(
            line=line, age=format_duration(now - data.last)
        )
    figure.text(left, 1 - 0.4 / height, line, va="top", fontsize=8.5, color=palette.muted)


def _title(data: TrendData) -> str:
    selection = data.selection
    if selection.runs_of is not None:
        return _("The runs of {name}, from their starts").format(name=chart_name(selection.runs_of))
    if data.recording is not None:
        return chart_name(_("Memory, {what}").format(what=data.recording), 90)
    if selection.window is not None:
        what = format_duration(data.until - data.since)
    elif selection.span_seconds is None:
        what = _("since the first sample")
    else:
        # In the words of the button: "24 h", not "1 d".
        labels = {one.seconds: _(one.label) for one in RANGES}
        duration = labels.get(selection.span_seconds) or format_duration(selection.span_seconds)
        what = _("last {duration}").format(duration=duration)
    return _("Memory, {what}").format(what=what)


def _runs_line(runs: Sequence[Run]) -> str:
    return ngettext("{count} run recorded", "{count} runs, the latest in colour", len(runs)).format(
        count=len(runs)
    )


def time_span(since: float, until: float) -> str:
    """A stretch of time for people: date and clock of both ends."""
    start, end = datetime.fromtimestamp(since), datetime.fromtimestamp(until)
    if until - since < FINE_SECONDS:
        return f"{_date(start)}, {fine_clock(start)} – {fine_clock(end)}"
    clock = "%H:%M:%S" if until - since < 2 * 3600 else "%H:%M"
    first, last = _date(start), _date(end)
    if first == last:
        return f"{first}, {start:{clock}} – {end:{clock}}"
    return f"{first}, {start:{clock}} – {last}, {end:{clock}}"


def _date(moment: datetime) -> str:
    return format_date(moment.year, moment.month, moment.day)


def _draw_system(figure: Figure, axes: Axes, data: TrendData, palette: Palette) -> Panel:
    _head(axes, _("System"), palette)
    curves, colours = data.system, (palette.system, palette.swap)
    used, swap = curves
    lines = [
        (used, _draw_curve(axes, used, colours[0], DASHES[0], filled=True)),
        (swap, _draw_curve(axes, swap, colours[1], DASHES[1])),
    ]
    _draw_bands(axes, curves, colours)
    others = _draw_total(axes, data, palette, max(curve.peak or 0.0 for curve in curves))
    if _explain_little(axes, curves, palette):
        _add_legend(figure, axes, lines, palette, others)
    return Panel(axes, curves, colours, data.system_events)


def _draw_total(
    axes: Axes, data: TrendData, palette: Palette, top: float
) -> list[tuple[str, Line2D]]:
    """The machine's memory as a ceiling, if it is known; what the legend says of it."""
    axes.set_ylim(0, max(top, data.total_bytes or 0.0) * 1.06 or 1.0)
    if not data.total_bytes:
        return []
    ceiling = axes.axhline(data.total_bytes, color=palette.muted, lw=1.1, ls="dashdot")
    return [(_("Total {size}").format(size=format_size(data.total_bytes)), ceiling)]


def _draw_targets(figure: Figure, axes: Axes, data: TrendData, palette: Palette) -> Panel:
    _head(axes, _targets_heading(data), palette)
    colours = _colours(data.targets, palette)
    lines = [
        (curve, _draw_curve(axes, curve, colour, DASHES[curve.slot % len(DASHES)]))
        for curve, colour in zip(data.targets, colours, strict=True)
    ]
    _draw_bands(axes, data.targets, colours)
    _draw_limits(axes, data, colours, palette)
    for curve in data.targets:
        if growth := data.growths.get(curve.series.name):
            draw_growth(axes, curve, growth, data.until, palette)
    if _explain_little(axes, data.targets, palette):
        _add_legend(figure, axes, lines, palette, growths=data.growths)
    return Panel(axes, data.targets, colours, data.target_events)


def _draw_limits(axes: Axes, data: TrendData, colours: Sequence[str], palette: Palette) -> None:
    """The targets' own limits as lines, where they are near enough; else what they are, in words.

    Also the line of zero, and a word where the axis does not begin there.
    """
    low, high = _limits(data.targets)
    near = {
        size: (curve, colour)
        for curve, colour in zip(data.targets, colours, strict=True)
        if curve.is_known
        and (size := data.limits.get(curve.series.name)) is not None
        and size <= LIMIT_REACH * (curve.peak or 0.0)
    }
    if near:
        high = max(high, max(near) * 1.06)
        # Down to zero: how much of the limit is taken is to be seen.
        low = 0.0
    axes.set_ylim(low, high)
    draw_zero(axes, palette)
    for size, (curve, colour) in near.items():
        axes.axhline(size, color=colour, linewidth=1.2, linestyle="dashdot")
        text = _("limit {size}").format(size=format_size(size))
        if len(data.targets) > 1:
            text = _("{name}: {text}").format(name=chart_name(curve.name, 20), text=text)
        axes.annotate(
            text, (0.0, size), xycoords=("axes fraction", "data"), xytext=(4, 3),
            textcoords="offset points", fontsize=8, color=palette.text,
        )  # fmt: skip


def draw_zero(axes: Axes, palette: Palette) -> None:
    """Mark zero by a line; where the axis does not reach down to it, say that."""
    low, _high = axes.get_ylim()
    if low <= 0:
        axes.axhline(0.0, color=palette.muted, linewidth=1.0)
        return
    axes.annotate(
        _("does not begin at 0"), (0.0, 0.0), xycoords="axes fraction", xytext=(4, 4),
        textcoords="offset points", fontsize=7.5, color=palette.muted,
    )  # fmt: skip


def _targets_heading(data: TrendData) -> str:
    # What a recording holds is not always known to be resident sets.
    if data.recording is not None:
        return _("Processes, resident set (RSS)")
    metric = metric_label(data.selection.metric)
    shown = len(data.selection.targets)
    if 1 < shown < data.target_count:
        return _("Targets: {metric}, {shown} of {count}").format(
            metric=metric, shown=shown, count=data.target_count
        )
    return _("Targets: {metric}").format(metric=metric)


def _colours(curves: Sequence[Curve], palette: Palette) -> tuple[str, ...]:
    return tuple(palette.lines[curve.slot % len(palette.lines)] for curve in curves)


def _draw_stack(figure: Figure, axes: Axes, data: TrendData, palette: Palette) -> Panel:
    """All targets on top of each other, and what the machine uses beside them on top of all."""
    _head(axes, _targets_heading(data), palette)
    whole = data.system[data.selection.metric == "swap"] if data.system else None
    # The steadiest lowest, so that what moves does not move everything above it.
    curves = tuple(sorted(data.targets, key=_unrest))
    colours = _colours(curves, palette)
    layers = stack(curves, data.since, data.until, whole)
    days = layers.times / DAY_SECONDS
    hatches = _draw_layers(axes, layers, curves, colours, len(palette.lines))
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
    if _explain_little(axes, shown, palette):
        _add_legend(figure, axes, entries, palette, others)
    return Panel(axes, shown, colours, (*data.system_events, *data.target_events))


def _draw_layers(
    axes: Axes, layers: Layers, curves: Sequence[Curve], colours: Sequence[str], palette_size: int
) -> list[str | None]:
    """The areas of a stack and the thin edges of their spikes; the hatch of each."""
    days = layers.times / DAY_SECONDS
    hatches: list[str | None] = [None] * len(curves)
    if len(curves) <= MOST_HATCHED:
        # They tell apart what colour alone would not.
        hatches = [HATCHES[curve.slot // palette_size % len(HATCHES)] for curve in curves]
    bottoms = [np.zeros_like(days), *layers.tops[:-1]]
    parts = layers.stretches()
    shapes = [
        [
            np.concatenate(
                (
                    np.column_stack((days[part], top[part])),
                    np.column_stack((days[part], bottom[part]))[::-1],
                )
            )
            for part in parts
        ]
        for top, bottom in zip(layers.tops, bottoms, strict=True)
    ]
    # All of one hatch at once: a hundred areas one by one would take half a second.
    for hatch in dict.fromkeys(hatches):
        places = [place for place, each in enumerate(hatches) if each == hatch]
        axes.add_collection(
            PolyCollection(
                [shape for place in places for shape in shapes[place]],
                facecolors=[(colours[place], 0.55) for place in places for _part in parts],
                edgecolors=[colours[place] for place in places for _part in parts],
                linewidths=0.8,
                hatch=hatch,
            ),
            autolim=False,
        )
    spiky = [
        place for place in range(len(curves)) if np.any(layers.highs[place] > layers.tops[place])
    ]
    axes.add_collection(
        LineCollection(
            [
                np.column_stack((days[part], layers.highs[place][part]))
                for place in spiky
                for part in parts
            ],
            colors=[(colours[place], 0.7) for place in spiky for _part in parts],
            linewidths=0.6,
        ),
        autolim=False,
    )
    return hatches


def _unrest(curve: Curve) -> float:
    return float(np.nanstd(curve.mean)) if curve.is_known else 0.0


def _draw_runs(axes: Axes, data: TrendData, runs: Sequence[Run], palette: Palette) -> Panel:
    _head(axes, metric_label(data.selection.metric), palette)
    colours = tuple(palette.muted if run.slot else palette.lines[0] for run in runs)
    entries = []
    for run, colour in reversed(list(zip(runs, colours, strict=True))):
        dashes = DASHES[run.slot % len(DASHES)]
        line = _draw_curve(axes, run.curve, colour, dashes, faint=bool(run.slot))
        entries.append((_run_text(run), line))
    _draw_bands(axes, data.targets, colours)
    axes.set_ylim(*_limits(data.targets))
    draw_zero(axes, palette)
    if _explain_little(axes, data.targets, palette):
        _show_legend(axes, entries[::-1], palette)
    return Panel(axes, data.targets, colours, ())


def _run_text(run: Run) -> str:
    start = datetime.fromtimestamp(run.start)
    figures = _("ran {duration} · peak {size}").format(
        duration=format_duration(run.end - run.start), size=format_size(run.curve.peak)
    )
    return f"{format_day_time(start.month, start.day, f'{start:%H:%M}')}\n{figures}"


def _head(axes: Axes, text: str, palette: Palette) -> None:
    axes.set_title(text, loc="left", fontsize=9.5, weight="bold", color=palette.text, pad=7)


def _draw_curve(
    axes: Axes,
    curve: Curve,
    colour: str,
    dashes: str | tuple[int, tuple[float, ...]],
    *,
    filled: bool = False,
    faint: bool = False,
) -> Line2D:
    days = curve.times / DAY_SECONDS
    (line,) = axes.plot(
        days, curve.mean, color=colour, linestyle=dashes, linewidth=1.1 if faint else 1.7,
        solid_joinstyle="round",
    )  # fmt: skip
    if filled:
        axes.fill_between(days, 0, curve.mean, color=colour, alpha=0.10, linewidth=0)
    known = np.isfinite(curve.mean)
    before, after = np.roll(known, 1), np.roll(known, -1)
    before[:1], after[-1:] = False, False
    if np.any(alone := known & ~before & ~after):
        axes.plot(days[alone], curve.mean[alone], color=colour, marker="o", ms=3, linestyle="none")
    return line


def _draw_bands(axes: Axes, curves: Sequence[Curve], colours: Sequence[str]) -> None:
    """From the least to the greatest value, where a point stands for several samples.

    All bands at once: a hundred of them one by one would take half a second.
    """
    shapes, shape_colours = [], []
    for curve, colour in zip(curves, colours, strict=True):
        if not np.any(curve.high > curve.low):
            continue
        days = curve.times / DAY_SECONDS
        is_known = np.concatenate(([0], np.isfinite(curve.low).astype(int), [0]))
        ends = np.flatnonzero(np.diff(is_known))
        for start, end in zip(ends[::2], ends[1::2], strict=True):
            there = np.column_stack((days[start:end], curve.high[start:end]))
            back = np.column_stack((days[start:end], curve.low[start:end]))[::-1]
            shapes.append(np.concatenate((there, back)))
            shape_colours.append(colour)
    axes.add_collection(
        PolyCollection(
            shapes,
            facecolors=[(colour, 0.22) for colour in shape_colours],
            # The edge keeps a spike visible that is only one pixel wide.
            edgecolors=[(colour, 0.6) for colour in shape_colours],
            linewidths=0.6,
        ),
        autolim=False,
    )


def _limits(curves: Sequence[Curve]) -> tuple[float, float]:
    """From zero, unless that would press everything that happens into the top."""
    known = [curve for curve in curves if curve.is_known]
    high = max((float(np.nanmax(curve.high)) for curve in known), default=1.0)
    low = min((float(np.nanmin(curve.low)) for curve in known), default=0.0)
    if low < high / 2:
        return 0.0, high * 1.08 or 1.0
    # At least a tenth of the value, so that noise does not look like growth.
    room = max(high - low, high * 0.1)
    middle = (high + low) / 2
    return max(0.0, middle - room * 0.6), middle + room * 0.6


def _legend_text(curve: Curve, *, short: bool, growth: Growth | None) -> str:
    """What the curve says in figures: in two lines, or shortened to one."""
    current = _("not running") if curve.current is None else format_size(curve.current)
    rate = [] if curve.rate is None else [rate_said(curve.rate)]
    if short:
        if growth is not None:
            # There is no room for words.
            mark = "⚠" if growth.level == "leaking" else "↗"
            rate = [f"{mark} {format_rate(growth.bytes_per_second)}"]
        return f"{chart_name(curve.name, 15)}  {' · '.join([current, *rate])}"
    if growth is not None:
        # One rate is enough; this is the one that is meant.
        rate = []
    figures = [current, _("peak {size}").format(size=format_size(curve.peak)), *rate]
    lines = [chart_name(curve.name, 30), " · ".join(figures)]
    if growth is not None:
        lines.append(growth_text(growth, float(curve.times[-1])))
    return "\n".join(lines)


def _add_legend(
    figure: Figure,
    axes: Axes,
    lines: Sequence[tuple[Curve, Line2D | Patch]],
    palette: Palette,
    others: Sequence[tuple[str, Line2D | Patch]] = (),
    growths: Mapping[str, Growth] = MappingProxyType({}),
) -> None:
    """Current, peak and rate of each curve, right of the axes; the largest curve first."""
    height = axes.get_position().height * figure.get_size_inches()[1]
    growing = sum(curve.series.name in growths for curve, _line in lines)
    needed = (len(lines) + len(others)) * ENTRY_INCHES + growing * (ENTRY_INCHES / 2)
    short = needed > height
    entries = [
        (_legend_text(curve, short=short, growth=growths.get(curve.series.name)), line)
        for curve, line in sorted(lines, key=lambda pair: -(pair[0].current or 0.0))
    ]
    entries += others
    room = max(1, int(height / SHORT_ENTRY_INCHES))
    if short and len(entries) > room:
        hidden = len(entries) - max(1, room - 1)
        text = ngettext("and {count} more", "and {count} more", hidden).format(count=hidden)
        entries = [*entries[:-hidden], (text, Line2D([], [], linestyle="none"))]
    _show_legend(axes, entries, palette)


def _show_legend(
    axes: Axes, entries: Sequence[tuple[str, Line2D | Patch]], palette: Palette
) -> None:
    axes.legend(
        [line for _text, line in entries],
        [text for text, _line in entries],
        loc="upper left",
        bbox_to_anchor=(1.0, 1.03),
        fontsize=8,
        frameon=False,
        labelcolor=palette.text,
        handlelength=2.4,
        handletextpad=0.7,
        labelspacing=0.6,
        borderaxespad=0.9,
        borderpad=0,
    )


def _explain_little(axes: Axes, curves: Sequence[Curve], palette: Palette) -> bool:
    """Say why there is no line where there is none; true if there is at least one point."""
    count = max((int(np.isfinite(curve.mean).sum()) for curve in curves), default=0)
    if count > 1:
        return True
    text = (
        _("One sample so far; the line begins with the next one.")
        if count
        else _("No samples in this stretch of time.")
    )
    axes.text(
        0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center",
        fontsize=9, color=palette.muted,
    )  # fmt: skip
    if not count:
        axes.set_yticks([])
    return bool(count)

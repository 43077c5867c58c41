"""The trend chart: from what was read to a matplotlib figure, on screen or in a file.

Imports matplotlib, so only child processes may import it. Nothing here uses pyplot, which would
keep every figure alive.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import matplotlib as mpl
import numpy as np
from dateutil.tz import tzlocal
from matplotlib.axes import Axes
from matplotlib.dates import MINUTELY, SECONDLY, AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.lines import Line2D
from matplotlib.ticker import Formatter, Locator, MaxNLocator
from matplotlib.transforms import blended_transform_factory

from trayapp.domain.records import Event
from trayapp.domain.units import GIB, KIB, MIB, format_duration, format_rate, format_size
from trayapp.windows.curves import Curve, TrendData
from trayapp.windows.labels import chart_name
from trayapp.windows.palette import DASHES, Palette

DAY_SECONDS = 86400.0
"""matplotlib counts days."""
LEFT_INCHES, RIGHT_INCHES, TOP_INCHES, BOTTOM_INCHES = 0.82, 2.8, 0.86, 0.42
PANEL_GAP_INCHES = 0.5
FINE_SECONDS = 30.0
"""Where less than this is shown, moments are told to the millisecond."""
ENTRY_INCHES = 0.34
SHORT_ENTRY_INCHES = 0.21
"""Heights of legend entries of two lines and of one."""

EVENT_SHAPES = {
    "warning": ("^", "Warning"),
    "critical": ("s", "Critical"),
    "emergency": ("X", "Emergency"),
    "cleanup": ("o", "Cleaned up"),
}
"""By level or kind: the mark's shape and its name in the legend."""

_FONTS = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "PingFang SC",
    "Hiragino Sans",
    "WenQuanYi Micro Hei",
    "Noto Sans",
    "Arial Unicode MS",
)
_UNITS = ((1024 * GIB, "TiB"), (GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB"), (1, "B"))


class SizeLocator(Locator):
    """Ticks at round numbers of the largest binary unit that fits the axis."""

    def __init__(self, count: int) -> None:
        self._round = MaxNLocator(nbins=count, steps=[1, 2, 5, 10])

    def __call__(self) -> Sequence[float]:
        """The ticks for the axis as it is."""
        low, high = self.axis.get_view_interval()  # type: ignore[union-attr]
        return self.tick_values(low, high)

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """The ticks, in bytes, for an axis from `vmin` to `vmax` bytes."""
        size, _ = _unit_for(max(abs(vmin), abs(vmax)))
        ticks = np.asarray(self._round.tick_values(vmin / size, vmax / size)) * size
        return [float(tick) for tick in ticks]


class SizeFormatter(Formatter):
    """Labels in one unit for the whole axis, with as many digits as its steps need."""

    def __call__(self, x: float, pos: int | None = None) -> str:  # noqa: ARG002
        """A single size, outside the axis."""
        return format_size(x)

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """The labels of all ticks of the axis."""
        size, unit = _unit_for(max((abs(value) for value in values), default=0.0))
        steps = np.diff(np.unique(np.asarray(values, dtype=np.float64))) / size
        step = float(steps.min()) if len(steps) else 1.0
        digits = 0 if step >= 0.999 else min(6, int(np.ceil(-np.log10(step) - 1e-6)))
        return [f"{value / size:.{digits}f} {unit}" if value else "0" for value in values]


@dataclass(frozen=True, eq=False, slots=True)
class Panel:
    """One pair of axes and what it shows, for reading values off it."""

    axes: Axes
    curves: tuple[Curve, ...]
    colours: tuple[str, ...]
    events: tuple[Event, ...]


def prepare_matplotlib() -> None:
    """Make every chart look the same, whatever matplotlib's own settings; for the whole process.

    The fonts are several, because names may be written in any script.
    """
    mpl.rcdefaults()
    known = set(fontManager.get_font_names())
    mpl.rcParams["font.family"] = [font for font in _FONTS if font in known] or ["sans-serif"]
    # A box instead of a glyph speaks for itself; a line per drawing would fill the terminal.
    warnings.filterwarnings("ignore", message="Glyph .* missing from")


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
    width, height = figure.get_size_inches()
    _write_title(figure, data, palette, now_wall_seconds)
    with_targets = data.selection.app or bool(data.selection.targets)
    weights = ([2.0] if data.selection.system else []) + ([3.0] if with_targets else [])
    if not weights:
        figure.text(0.5, 0.5, "Nothing is chosen to be shown.", ha="center", color=palette.muted)
        return ()
    inner = height - TOP_INCHES - BOTTOM_INCHES - PANEL_GAP_INCHES * (len(weights) - 1)
    panels: list[Panel] = []
    top = height - TOP_INCHES
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
        _dress(figure, axes, data, palette, is_lowest=number == len(weights) - 1)
        if data.selection.system and number == 0:
            panels.append(_draw_system(figure, axes, data, palette))
        else:
            panels.append(_draw_targets(figure, axes, data, palette))
    _explain_events(figure, panels, palette)
    return tuple(panels)


def _write_title(figure: Figure, data: TrendData, palette: Palette, now: float) -> None:
    width, height = figure.get_size_inches()
    left = 0.1 / width
    title = f"Memory, {_range_name(data)}"
    if data.recording is not None:
        title = chart_name(f"Memory, {data.recording}", 90)
    figure.text(
        left, 1 - 0.14 / height, title, va="top", fontsize=13, weight="bold", color=palette.text
    )
    line = _time_span(data.since, data.until)
    is_history = data.recording is None and data.selection.window is None
    if is_history and data.last is not None and now - data.last > 60:
        line += f" · last sample {format_duration(now - data.last)} ago"
    figure.text(left, 1 - 0.4 / height, line, va="top", fontsize=8.5, color=palette.muted)


def _range_name(data: TrendData) -> str:
    if data.selection.window is not None:
        return f"{format_duration(data.until - data.since)}"
    if data.selection.span_seconds is None:
        return "since the first sample"
    return f"last {format_duration(data.selection.span_seconds)}"


def fine_clock(moment: datetime) -> str:
    """Hours to milliseconds."""
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03}"


def _time_span(since: float, until: float) -> str:
    start, end = datetime.fromtimestamp(since), datetime.fromtimestamp(until)
    if until - since < FINE_SECONDS:
        return f"{start.day} {start:%b %Y}, {fine_clock(start)} – {fine_clock(end)}"
    clock = "%H:%M:%S" if until - since < 2 * 3600 else "%H:%M"
    first, last = (f"{moment.day} {moment:%b %Y}" for moment in (start, end))
    if first == last:
        return f"{first}, {start:{clock}} – {end:{clock}}"
    return f"{first}, {start:{clock}} – {last}, {end:{clock}}"


def _dress(
    figure: Figure, axes: Axes, data: TrendData, palette: Palette, *, is_lowest: bool
) -> None:
    """Time axis, grid and spines: as little ink as still reads well."""
    width, height = axes.get_position().size * figure.get_size_inches()
    axes.set_facecolor("none")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(palette.muted)
    axes.grid(axis="y", color=palette.grid, linewidth=0.8)
    axes.grid(axis="x", color=palette.grid, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(colors=palette.muted, labelsize=8, length=0, pad=5)
    axes.set_xlim(data.since / DAY_SECONDS, data.until / DAY_SECONDS)
    local = tzlocal()
    # Seconds are told with their hours and minutes, and need more room.
    count = max(3, int(width / (0.75 if data.until - data.since >= 60 else 1.0)))
    locator = AutoDateLocator(tz=local, minticks=2, maxticks=count)  # type: ignore[no-untyped-call]
    # Ten minutes would otherwise have either two ticks or too many.
    locator.intervald[MINUTELY] = [1, 2, 5, 10, 15, 30]
    locator.intervald[SECONDLY] = [1, 2, 5, 10, 15, 30]
    axes.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator, tz=local, show_offset=False)  # type: ignore[no-untyped-call]
    formatter.formats[5] = formatter.zero_formats[5] = "%H:%M:%S.%f"
    axes.xaxis.set_major_formatter(formatter)
    axes.tick_params(axis="x", labelbottom=is_lowest)
    axes.yaxis.set_major_locator(SizeLocator(max(2, min(8, int(height / 0.38)))))
    axes.yaxis.set_major_formatter(SizeFormatter())


def _draw_system(figure: Figure, axes: Axes, data: TrendData, palette: Palette) -> Panel:
    _head(axes, "System", palette)
    curves, colours = data.system, (palette.system, palette.swap)
    used, swap = curves
    lines = [
        (used, _draw_curve(axes, used, colours[0], DASHES[0], filled=True)),
        (swap, _draw_curve(axes, swap, colours[1], DASHES[1])),
    ]
    top = max(curve.peak or 0.0 for curve in curves)
    others = []
    if data.total_bytes:
        top = max(top, data.total_bytes)
        ceiling = axes.axhline(data.total_bytes, color=palette.muted, lw=1.1, ls="dashdot")
        others.append((f"Total {format_size(data.total_bytes)}", ceiling))
    axes.set_ylim(0, top * 1.06 or 1.0)
    if _explain_little(axes, curves, palette):
        _add_legend(figure, axes, lines, palette, others)
    _mark_events(axes, data.system_events, palette)
    return Panel(axes, curves, colours, data.system_events)


def _draw_targets(figure: Figure, axes: Axes, data: TrendData, palette: Palette) -> Panel:
    _head(
        axes,
        f"{'Targets' if data.recording is None else 'Processes'}, resident set (RSS)",
        palette,
    )
    colours = tuple(palette.lines[curve.slot % len(palette.lines)] for curve in data.targets)
    lines = [
        (curve, _draw_curve(axes, curve, colour, DASHES[curve.slot % len(DASHES)]))
        for curve, colour in zip(data.targets, colours, strict=True)
    ]
    axes.set_ylim(*_limits(data.targets))
    if _explain_little(axes, data.targets, palette):
        _add_legend(figure, axes, lines, palette)
    _mark_events(axes, data.target_events, palette)
    return Panel(axes, data.targets, colours, data.target_events)


def _head(axes: Axes, text: str, palette: Palette) -> None:
    axes.set_title(text, loc="left", fontsize=9.5, weight="bold", color=palette.text, pad=7)


def _draw_curve(
    axes: Axes,
    curve: Curve,
    colour: str,
    dashes: str | tuple[int, tuple[float, ...]],
    *,
    filled: bool = False,
) -> Line2D:
    days = curve.times / DAY_SECONDS
    (line,) = axes.plot(
        days, curve.mean, color=colour, linestyle=dashes, linewidth=1.7, solid_joinstyle="round"
    )
    if filled:
        axes.fill_between(days, 0, curve.mean, color=colour, alpha=0.10, linewidth=0)
    if np.any(curve.high > curve.low):
        # The edge keeps a spike visible that is only one pixel wide.
        axes.fill_between(
            days, curve.low, curve.high, facecolor=(colour, 0.22), edgecolor=(colour, 0.6), lw=0.6
        )
    known = np.isfinite(curve.mean)
    before, after = np.roll(known, 1), np.roll(known, -1)
    before[:1], after[-1:] = False, False
    if np.any(alone := known & ~before & ~after):
        axes.plot(days[alone], curve.mean[alone], color=colour, marker="o", ms=3, linestyle="none")
    return line


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


def _legend_text(curve: Curve, *, short: bool) -> str:
    """What the curve says in figures: in two lines, or shortened to one."""
    current = "not running" if curve.current is None else format_size(curve.current)
    rate = [] if curve.rate is None else [format_rate(curve.rate)]
    if short:
        return f"{chart_name(curve.name, 15)}  {' · '.join([current, *rate])}"
    figures = [current, f"peak {format_size(curve.peak)}", *rate]
    return f"{chart_name(curve.name, 30)}\n{' · '.join(figures)}"


def _add_legend(
    figure: Figure,
    axes: Axes,
    lines: Sequence[tuple[Curve, Line2D]],
    palette: Palette,
    others: Sequence[tuple[str, Line2D]] = (),
) -> None:
    """Current, peak and rate of each curve, right of the axes; the largest curve first."""
    height = axes.get_position().height * figure.get_size_inches()[1]
    short = (len(lines) + len(others)) * ENTRY_INCHES > height
    entries = [
        (_legend_text(curve, short=short), line)
        for curve, line in sorted(lines, key=lambda pair: -(pair[0].current or 0.0))
    ]
    entries += others
    room = max(1, int(height / SHORT_ENTRY_INCHES))
    if short and len(entries) > room:
        hidden = len(entries) - max(1, room - 1)
        entries = [*entries[:-hidden], (f"and {hidden} more", Line2D([], [], linestyle="none"))]
    axes.legend(
        [line for _, line in entries],
        [text for text, _ in entries],
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
        "One sample so far; the line begins with the next one."
        if count
        else "No samples in this stretch of time."
    )
    axes.text(
        0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center",
        fontsize=9, color=palette.muted,
    )  # fmt: skip
    if not count:
        axes.set_yticks([])
    return bool(count)


def _event_key(event: Event) -> str:
    return event.kind if event.kind == "cleanup" else event.level


def _event_colour(key: str, palette: Palette) -> str:
    names = ("cleanup", "warning", "critical", "emergency")
    return palette.levels[names.index(key)]


def _mark_events(axes: Axes, events: Sequence[Event], palette: Palette) -> None:
    """One thin line through the panel, and a shape on its top edge, per event."""
    on_top = blended_transform_factory(axes.transData, axes.transAxes)
    for event in events:
        key = _event_key(event)
        colour, at = _event_colour(key, palette), event.wall_seconds / DAY_SECONDS
        axes.axvline(
            at, color=colour, linewidth=0.9, alpha=0.6, linestyle=":" if key == "cleanup" else "-"
        )
        axes.plot(
            [at], [1.0], transform=on_top, marker=EVENT_SHAPES[key][0], color=colour,
            markersize=6.5, markeredgecolor=palette.background, markeredgewidth=0.8,
            clip_on=False, zorder=5, linestyle="none",
        )  # fmt: skip


def _explain_events(figure: Figure, panels: Sequence[Panel], palette: Palette) -> None:
    present = {_event_key(event) for panel in panels for event in panel.events}
    keys = [key for key in EVENT_SHAPES if key in present]
    if not keys:
        return
    width, height = figure.get_size_inches()
    handles = [
        Line2D(
            [], [], linestyle="none", marker=EVENT_SHAPES[key][0], markersize=6.5,
            color=_event_colour(key, palette),
        )
        for key in keys
    ]  # fmt: skip
    figure.legend(
        handles,
        [EVENT_SHAPES[key][1] for key in keys],
        loc="upper right",
        bbox_to_anchor=(1 - 0.15 / width, 1 - 0.12 / height),
        ncols=len(keys),
        fontsize=8,
        frameon=False,
        labelcolor=palette.text,
        handletextpad=0.1,
        columnspacing=1.0,
        borderpad=0,
    )


def _unit_for(size_bytes: float) -> tuple[int, str]:
    return next(((size, unit) for size, unit in _UNITS if size_bytes >= size), _UNITS[-1])

"""The legend beside the axes: each curve in figures, the largest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from trayapp.charts.curves import Curve, Run
from trayapp.charts.labels import chart_name
from trayapp.charts.palette import Palette
from trayapp.domain.judging.growth_line import Growth, growth_text
from trayapp.domain.judging.trend import rate_said
from trayapp.language.catalogue import _, ngettext
from trayapp.language.dates import format_day_time
from trayapp.language.units import format_duration, format_rate, format_size

ENTRY_INCHES, SHORT_ENTRY_INCHES = 0.34, 0.21
"""Heights of legend entries of two lines and of one."""


def _legend_text(curve: Curve, *, short: bool, growth: Growth | None) -> str:
    """Return the figures of a curve in two lines, or shortened to one."""
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


def run_text(run: Run) -> str:
    start = datetime.fromtimestamp(run.start)
    figures = _("ran {duration} · peak {size}").format(
        duration=format_duration(run.end - run.start), size=format_size(run.curve.peak)
    )
    return f"{format_day_time(start.month, start.day, f'{start:%H:%M}')}\n{figures}"


def add_legend(
    figure: Figure,
    axes: Axes,
    lines: Sequence[tuple[Curve, Line2D | Patch]],
    palette: Palette,
    others: Sequence[tuple[str, Line2D | Patch]] = (),
    growth_of: Callable[[Curve], Growth | None] = lambda _curve: None,
) -> None:
    """Show current size, peak and rate of each curve right of the axes, the largest first."""
    height = axes.get_position().height * figure.get_size_inches()[1]
    growing = sum(growth_of(curve) is not None for curve, _line in lines)
    needed = (len(lines) + len(others)) * ENTRY_INCHES + growing * (ENTRY_INCHES / 2)
    short = needed > height
    entries = [
        (_legend_text(curve, short=short, growth=growth_of(curve)), line)
        for curve, line in sorted(lines, key=lambda pair: -(pair[0].current or 0.0))
    ]
    entries += others
    room = max(1, int(height / SHORT_ENTRY_INCHES))
    if short and len(entries) > room:
        hidden = len(entries) - max(1, room - 1)
        text = ngettext("and {count} more", "and {count} more", hidden).format(count=hidden)
        entries = [*entries[:-hidden], (text, Line2D([], [], linestyle="none"))]
    show_legend(axes, entries, palette)


def show_legend(
    axes: Axes, entries: Sequence[tuple[str, Line2D | Patch]], palette: Palette
) -> None:
    axes.legend(
        [line for _text, line in entries],
        [text for text, _line in entries],
        loc="upper left",
        bbox_to_anchor=(1.0, 1.03),
        labelcolor=palette.text,
        handlelength=2.4, handletextpad=0.7, labelspacing=0.6, borderaxespad=0.9,
        fontsize=8, frameon=False, borderpad=0,
    )  # fmt: skip


def explain_little(axes: Axes, curves: Sequence[Curve], palette: Palette) -> bool:
    """Explain why there is no line; return whether there is at least one point."""
    count = max((int(np.isfinite(curve.mean).sum()) for curve in curves), default=0)
    if count > 1:
        return True
    text = (
        _("One sample so far; the line starts with the next one.")
        if count
        else _("No samples in this period.")
    )
    axes.text(
        0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center",
        fontsize=9, color=palette.muted,
    )  # fmt: skip
    if not count:
        axes.set_yticks([])
    return bool(count)

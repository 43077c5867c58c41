"""A chart as inline SVG: its colours come from the page's style, so that they follow the theme."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from trayapp.charts.size_axis import size_ticks
from trayapp.charts.time_ticks import time_ticks
from trayapp.export.report.facts import MOST_SIZES, Chart, ChartCurve, ChartPoint, mark_rows
from trayapp.language.catalogue import _, format_count
from trayapp.language.units import format_size

WIDTH, HEIGHT = 900.0, 250.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 74.0, 12.0, 16.0, 26.0
DASHES = ("", "7 3", "2 2", "8 3 2 3", "12 4", "4 2", "9 2 2 2 2 2")
"""One per curve, so that they differ without colours."""
CEILING_REACH = 4.0
"""A ceiling of more than so many times the peak would press everything to the ground."""
_MARK_PIXELS = 12.0
"""From one row of marks to the next, and between two of one row."""
SHAPES = {
    "warning": "M-5 4 L0 -5 L5 4 Z",
    "critical": "M-4 -4 H4 V4 H-4 Z",
    "emergency": "M0 -6 L6 0 L0 6 L-6 0 Z",
    "cleanup": "M-4 0 A4 4 0 1 0 4 0 A4 4 0 1 0 -4 0 Z",
    "restart": "M-1 -5 H1 V5 H-1 Z",
}
"""Of marks, around their middle."""


def foot_of(chart: Chart, high: float) -> str:
    """Return the note at the foot of a chart about a ceiling far above; empty: there is none."""
    if not chart.ceiling_bytes or chart.ceiling_bytes <= high:
        return ""
    return _("{name} {size}, far above the chart").format(
        name=chart.ceiling_name, size=format_size(chart.ceiling_bytes)
    )


def limits_of(chart: Chart) -> tuple[float, float]:
    """Return zero and the greatest size to be shown, with some room: nobody can zoom on paper."""
    points = [point for curve in chart.curves for point in curve.points if point is not None]
    high = max((point.high for point in points), default=1.0)
    if chart.ceiling_bytes and chart.ceiling_bytes <= CEILING_REACH * high:
        high = max(high, chart.ceiling_bytes)
    return 0.0, high * 1.06 or 1.0


def stretches_of(points: Iterable[ChartPoint | None]) -> Iterator[list[ChartPoint]]:
    """Yield the stretches between gaps."""
    stretch: list[ChartPoint] = []
    for point in points:
        if point is not None:
            stretch.append(point)
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def chart_svg(chart: Chart, since: float, until: float) -> str:
    """Return the whole picture; texts in it are escaped."""
    low, high = limits_of(chart)
    axes = _Axes(since, max(until, since + 1.0), low, high)
    summary = escape(_spoken(chart))
    parts = [
        f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-label="{summary}">',
        *_grid(axes),
    ]
    ceiling = chart.ceiling_bytes if (chart.ceiling_bytes or 0.0) <= high else None
    if ceiling is not None:
        y, right = axes.y(ceiling), WIDTH - _RIGHT
        parts.append(f'<line class="ceiling" x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
    for number, curve in enumerate(chart.curves):
        parts += _curve(number, curve, axes)
    if chart.growth is not None:
        (x1, y1), (x2, y2) = ((axes.x(t), axes.y(size)) for t, size in chart.growth)
        parts.append(
            f'<line class="growth" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'
        )
    parts += _marks(chart, axes)
    if ceiling is not None:
        # At the side where the least has happened, and above what has.
        label = escape(f"{chart.ceiling_name} {format_size(ceiling)}")
        parts.append(_tick(_LEFT + 4, axes.y(ceiling) - 4, "start", label))
    if foot := foot_of(chart, high):
        parts.append(_tick(_LEFT + 4, HEIGHT - _BOTTOM - 5, "start", escape(foot)))
    parts.append("</svg>")
    return "".join(parts)


class _Axes:
    """Converts wall seconds and bytes to places in the picture."""

    def __init__(self, since: float, until: float, low: float, high: float) -> None:
        self.since, self.until, self.low, self.high = since, until, low, high

    def x(self, wall_seconds: float) -> float:
        share = (wall_seconds - self.since) / (self.until - self.since)
        return _LEFT + min(1.0, max(0.0, share)) * (WIDTH - _LEFT - _RIGHT)

    def y(self, size_bytes: float) -> float:
        share = (size_bytes - self.low) / (self.high - self.low)
        return HEIGHT - _BOTTOM - min(1.0, max(0.0, share)) * (HEIGHT - _TOP - _BOTTOM)


def _grid(axes: _Axes) -> Iterator[str]:
    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
    for size, label in size_ticks(axes.low, axes.high, MOST_SIZES):
        y = axes.y(size)
        yield f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>'
        yield _tick(_LEFT - 7, y + 4, "end", escape(label))
    for at, label in time_ticks(axes.since, axes.until):
        x = axes.x(at)
        yield f'<line class="grid" x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{bottom}"/>'
        anchor = "end" if x > WIDTH - 30 else "middle"
        yield _tick(x, bottom + 17, anchor, label)
    # A whole line is zero; what does not reach down to it ends in a broken one.
    broken = "" if axes.low <= 0 else ' stroke-dasharray="2 4"'
    yield f'<line class="axis" x1="{_LEFT}" y1="{bottom}" x2="{right}" y2="{bottom}"{broken}/>'


def _tick(x: float, y: float, anchor: str, label: str) -> str:
    return f'<text class="tick" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{label}</text>'


def _curve(number: int, curve: ChartCurve, axes: _Axes) -> Iterator[str]:
    dash = f' stroke-dasharray="{DASHES[number % len(DASHES)]}"' if number else ""
    for stretch in stretches_of(curve.points):
        if any(point.high > point.low for point in stretch):
            yield f'<path class="band c{number}" d="{_band(stretch, axes)}"/>'
        if len(stretch) == 1:
            x, y = axes.x(stretch[0].wall_seconds), axes.y(stretch[0].mean)
            yield f'<circle class="dot c{number}" cx="{x:.1f}" cy="{y:.1f}" r="2"/>'
            continue
        places = " ".join(
            f"{axes.x(point.wall_seconds):.1f},{axes.y(point.mean):.1f}" for point in stretch
        )
        yield f'<polyline class="line c{number}"{dash} points="{places}"/>'


def _band(stretch: Sequence[ChartPoint], axes: _Axes) -> str:
    upper = [f"{axes.x(p.wall_seconds):.1f} {axes.y(p.high):.1f}" for p in stretch]
    lower = [f"{axes.x(p.wall_seconds):.1f} {axes.y(p.low):.1f}" for p in reversed(stretch)]
    return f"M{' L'.join([*upper, *lower])} Z"


def _marks(chart: Chart, axes: _Axes) -> Iterator[str]:
    seconds_a_pixel = (axes.until - axes.since) / (WIDTH - _LEFT - _RIGHT)
    rows = mark_rows(chart.marks, _MARK_PIXELS * seconds_a_pixel)
    for mark, row in zip(chart.marks, rows, strict=True):
        x, y = axes.x(mark.wall_seconds), _TOP - 7 + row * _MARK_PIXELS
        # The line of a mark for several ends soon: many of them would hide the curve.
        foot = HEIGHT - _BOTTOM if mark.number == 1 else _TOP + _MARK_PIXELS
        if mark.number > 1:
            yield _tick(x + 6, y + 4, "start", format_count(mark.number))
        yield (
            f'<g class="mark {mark.kind}"><line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" '
            f'y2="{foot}"/><path transform="translate({x:.1f} {y:g})" '
            f'd="{SHAPES[mark.kind]}"/><title>{escape(mark.text)}</title></g>'
        )


def _spoken(chart: Chart) -> str:
    """Return a summary for those who cannot see it."""
    told = []
    for curve in chart.curves:
        known = [point for point in curve.points if point is not None]
        if known:
            first, last = format_size(known[0].mean), format_size(known[-1].mean)
            told.append(f"{curve.name}: {first} → {last}")
    return f"{chart.title}. {'; '.join(told)}"

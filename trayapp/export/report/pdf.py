"""The report on paper: A4 pages drawn by matplotlib, from the same facts as the page."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from trayapp.charts.fonts import use_chart_fonts
from trayapp.charts.size_axis import size_ticks
from trayapp.charts.time_ticks import time_ticks
from trayapp.domain.records.levels import level_said
from trayapp.export.report.facts import (
    MARK_KINDS,
    MOST_EVENTS,
    MOST_SIZES,
    Chart,
    ChartCurve,
    Report,
    clock,
    figures_of,
    mark_label,
    mark_rows,
)
from trayapp.export.report.html import made_by, time_of
from trayapp.export.report.svg import foot_of, limits_of, stretches_of
from trayapp.language.catalogue import _, format_count
from trayapp.language.units import format_size

_WIDTH, _HEIGHT = 8.27, 11.69
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.7, 0.7, 0.7, 0.75
_INNER = _WIDTH - _LEFT - _RIGHT
_CHART, _AXIS, _PLOT = 1.7, 0.62, _INNER - 0.62
"""Height of a chart, what its sizes take of the width, and what is left."""
_SAMPLE, _MARK_POINTS = 0.25, 4.0
"""Width of a line in the legend, and size of a mark."""
_DOTS = 720
"""An inch, where texts are measured: fewer would be rounded too coarsely."""
_TEXT, _MUTED, _RULE, _SOFT = "#1f2328", "#59636e", "#d9dee3", "#f4f6f8"
_WEIGHTS = {"bad": "#b3001b", "warning": "#8f5500", "good": "#00694d", "note": "#59636e"}
_LEVELS = {"leaking": _WEIGHTS["bad"], "growing": _WEIGHTS["warning"]}
_CURVES = ("#0072b2", "#d55e00", "#00805d", "#b04a86", "#9a6b00", "#3188bd", "#4d4d4d")
_DASHES: tuple[tuple[float, tuple[float, ...]] | None, ...] = (
    None, (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (9, 3)), (0, (3, 1.5)),
    (0, (6, 1.5, 1.5, 1.5, 1.5, 1.5)),
)  # fmt: skip
"""None: an unbroken line."""
_MARKS = {
    "warning": ("^", _WEIGHTS["warning"]),
    "critical": ("s", _WEIGHTS["bad"]),
    "emergency": ("D", _WEIGHTS["bad"]),
    "cleanup": ("o", _WEIGHTS["good"]),
    "restart": ("|", _MUTED),
}
_ROW_POINTS = 7.8
_LINE = 1.45
"""Height of a line, in that of its letters."""


def write_pdf(path: Path, report: Report) -> None:
    """Write all pages.

    Raises: OSError.
    """
    figures = draw_pages(report)
    details = {"Title": report.title, "Creator": "Memtray", "CreationDate": None}
    # A disk that gets full in the middle would leave matplotlib in a state it trips over.
    made = io.BytesIO()
    with PdfPages(made, metadata=details) as pages:
        for figure in figures:
            pages.savefig(figure)
    path.write_bytes(made.getvalue())


def draw_pages(report: Report) -> list[Figure]:
    """All pages, still as figures."""
    use_chart_fonts()
    # TrueType, so that its text can be searched and copied.
    mpl.rcParams["pdf.fonttype"] = 42
    paper = _Paper(report)
    paper.write()
    return paper.pages


class _Paper:
    """Pages that are filled from top to bottom; all places are inches from the top left."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.pages: list[Figure] = []
        """Those that are full."""
        self._figure = Figure(figsize=(_WIDTH, _HEIGHT))
        canvas = FigureCanvasAgg(Figure(figsize=(1, 1), dpi=_DOTS))
        self._renderer: RendererAgg = canvas.get_renderer()  # type: ignore[no-untyped-call]
        self._y = _TOP
        self._table_head: Callable[[], None] | None = None

    def write(self) -> None:
        """Everything, in the order of the page."""
        report = self._report
        self._paragraph(report.title, size=17, bold=True)
        self._paragraph(time_of(report), size=9.5, color=_MUTED)
        self._y += 0.12
        for finding in report.findings:
            self._finding(finding.weight, finding.title, finding.text)
        if report.charts:
            self._heading(_("Over time"), room=0.6 + self._height_of(report.charts[0]))
        for chart in report.charts:
            self._chart(chart)
        self._targets()
        self._incidents()
        self._cleanups()
        if report.facts:
            self._heading(_("Circumstances"), room=0.5 + 0.25 * len(report.facts))
            for label, value in report.facts:
                self._row([label, value], [1.7, _INNER - 1.7], colors=[_MUTED, _TEXT], rule=False)
        self._y += 0.15
        self._paragraph(made_by(report), size=8, color=_MUTED)
        self._finish_page()

    # -- pieces

    def _heading(self, text: str, room: float = 1.2) -> None:
        self._make_room(room)
        self._y += 0.2
        self._paragraph(text, size=12, bold=True)
        self._y += 0.05

    def _finding(self, weight: str, title: str, text: str) -> None:
        inner = _INNER - 0.28
        titles = self._wrap(title, inner, 9.5, bold=True)
        lines = self._wrap(text, inner, 8.5)
        height = 0.16 + len(titles) * _inches(9.5) + len(lines) * _inches(8.5)
        self._make_room(height + 0.08)
        self._box(_LEFT, self._y, _INNER, height, _SOFT)
        self._box(_LEFT, self._y, 0.05, height, _WEIGHTS[weight])
        y = self._y + 0.08
        for line in titles:
            self._text(_LEFT + 0.16, y, line, 9.5, _WEIGHTS[weight], bold=True)
            y += _inches(9.5)
        for line in lines:
            self._text(_LEFT + 0.16, y, line, 8.5, _TEXT)
            y += _inches(8.5)
        self._y += height + 0.08

    def _height_of(self, chart: Chart) -> float:
        return _CHART + 0.52 + len(self._legend_rows(chart)) * _inches(7.5)

    def _chart(self, chart: Chart) -> None:
        self._make_room(self._height_of(chart))
        self._paragraph(chart.title, size=9, bold=True)
        axes = self._figure.add_axes(
            (
                (_LEFT + _AXIS) / _WIDTH,
                1 - (self._y + 0.06 + _CHART) / _HEIGHT,
                _PLOT / _WIDTH,
                _CHART / _HEIGHT,
            )
        )
        _draw(axes, chart, self._report)
        self._y += _CHART + 0.3
        for row in self._legend_rows(chart):
            x, y = _LEFT + _AXIS, 1 - (self._y + 0.05) / _HEIGHT
            for text, sample, width in row:
                ends = (0.0, _SAMPLE) if sample.get_marker() == "" else (_SAMPLE / 2,)
                sample.set_data([(x + end) / _WIDTH for end in ends], [y] * len(ends))
                self._figure.add_artist(sample)
                self._text(x + _SAMPLE + 0.05, self._y, text, 7.5, _MUTED)
                x += width
            self._y += _inches(7.5)
        self._y += 0.1

    def _legend_rows(self, chart: Chart) -> list[list[tuple[str, Line2D, float]]]:
        """What stands below a chart: texts with a sample each, and what both take of the width."""
        rows: list[list[tuple[str, Line2D, float]]] = [[]]
        font = FontProperties(size=7.5)
        for text, sample in _legend_of(chart):
            (shown, *_more) = self._wrap(text, _PLOT - _SAMPLE - 0.3, 7.5)
            width = _SAMPLE + self._width(shown, font) + 0.25
            if sum(used for _, _, used in rows[-1]) + width > _PLOT + 0.2:
                rows.append([])
            rows[-1].append((shown, sample, width))
        return rows

    def _targets(self) -> None:
        report = self._report
        if not report.targets:
            return
        self._heading(_("Targets"))
        headings = [heading for heading, _text in figures_of(report.targets[0])]
        widths = _shares([2.3, 0.95, 0.95, 0.95, 1.05, 1.15, 1.05, 1.0, 0.8])
        right = range(2, len(widths))
        self._head(headings, widths, right)
        for one in sorted(report.targets, key=lambda one: -(one.summary.peak or 0.0)):
            texts = [text for _heading, text in figures_of(one)]
            colors = [_TEXT, _LEVELS.get(one.level, _TEXT), *[_TEXT] * (len(texts) - 2)]
            details = self._height([one.details], [_INNER]) if one.details else 0.0
            self._row(texts, widths, colors=colors, right=right, rule=not details, below=details)
            if one.details:
                self._row([one.details], [_INNER], colors=[_MUTED])
        self._end_table()

    def _incidents(self) -> None:
        incidents = self._report.incidents[-MOST_EVENTS:]
        if not incidents:
            return
        self._heading(_("Incidents"))
        widths = _shares([1.45, 1.45, 0.85, 3.2])
        self._head([_("Begun"), _("Over"), _("Level"), _("What")], widths)
        for one in incidents:
            over = clock(one.ended_wall_seconds) if one.ended_wall_seconds else _("still open")
            what = f"{one.title}. {one.text}".rstrip(". ") + "."
            level = level_said(one.level)
            self._row([clock(one.begun_wall_seconds), over, level, what], widths)
        self._end_table()

    def _cleanups(self) -> None:
        cleanups = self._report.cleanups[-MOST_EVENTS:]
        if not cleanups:
            return
        self._heading(_("Cleanups"))
        widths = _shares([1.6, 1.6, 0.9, 0.9, 0.9, 1.3])
        right = range(2, 6)
        headings = [
            _("When"), _("What"), _("Before"), _("After"), _("Freed"), _("Free a minute later"),
        ]  # fmt: skip
        self._head(headings, widths, right)
        for one in cleanups:
            sizes = (one.before_bytes, one.after_bytes, one.freed_bytes, one.kept_bytes)
            texts = [clock(one.wall_seconds), one.subject, *map(format_size, sizes)]
            self._row(texts, widths, right=right)
        self._end_table()

    def _head(
        self, texts: Sequence[str], widths: Sequence[float], right: Iterable[int] = ()
    ) -> None:
        """The beginning of a table, and again on every page that it goes on."""
        self._row(texts, widths, bold=True, right=right)
        self._table_head = lambda: self._row(texts, widths, bold=True, right=right)

    def _end_table(self) -> None:
        self._table_head = None

    def _row(
        self,
        texts: Sequence[str],
        widths: Sequence[float],
        *,
        colors: Sequence[str] | None = None,
        bold: bool = False,
        right: Iterable[int] = (),
        rule: bool = True,
        below: float = 0.0,
    ) -> None:
        """One row of a table; `below` is the height of what must stay on its page."""
        size, cells = _ROW_POINTS, self._cells(texts, widths, bold=bold)
        height = self._height(texts, widths, bold=bold)
        if self._make_room(height + below) and self._table_head is not None:
            self._table_head()
        x = _LEFT
        for number, (lines, width) in enumerate(zip(cells, widths, strict=True)):
            color = _TEXT if colors is None else colors[number]
            for at, line in enumerate(lines):
                y = self._y + 0.035 + at * _inches(size)
                if number in right:
                    self._text(x + width - 0.05, y, line, size, color, bold=bold, align="right")
                else:
                    self._text(x, y, line, size, color, bold=bold)
            x += width
        self._y += height
        if rule:
            self._box(_LEFT, self._y - 0.008, _INNER, 0.008, _RULE)

    def _cells(
        self, texts: Sequence[str], widths: Sequence[float], *, bold: bool = False
    ) -> list[list[str]]:
        """The lines of each cell."""
        return [
            self._wrap(text, width - 0.1, _ROW_POINTS, bold=bold)
            for text, width in zip(texts, widths, strict=True)
        ]

    def _height(
        self, texts: Sequence[str], widths: Sequence[float], *, bold: bool = False
    ) -> float:
        lines = max(len(cell) for cell in self._cells(texts, widths, bold=bold))
        return lines * _inches(_ROW_POINTS) + 0.07

    def _paragraph(self, text: str, *, size: float, bold: bool = False, color: str = _TEXT) -> None:
        for line in self._wrap(text, _INNER, size, bold=bold):
            self._make_room(_inches(size))
            self._text(_LEFT, self._y, line, size, color, bold=bold)
            self._y += _inches(size)

    # -- paper

    def _make_room(self, height: float) -> bool:
        """Begin another page where this one has no more; whether it was begun."""
        is_full = self._y + height > _HEIGHT - _BOTTOM and self._y > _TOP
        if is_full:
            self._finish_page()
            self._figure = Figure(figsize=(_WIDTH, _HEIGHT))
            self._y = _TOP
        return is_full

    def _finish_page(self) -> None:
        self.pages.append(self._figure)
        number = str(len(self.pages))
        self._text(_WIDTH - _RIGHT, _HEIGHT - 0.5, number, 8, _MUTED, align="right")

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        color: str,
        *,
        bold: bool = False,
        align: str = "left",
    ) -> None:
        self._figure.text(
            x / _WIDTH, 1 - y / _HEIGHT, text, size=size, color=color, va="top", ha=align,
            weight="bold" if bold else "normal", parse_math=False,
        )  # fmt: skip

    def _box(self, x: float, y: float, width: float, height: float, color: str) -> None:
        self._figure.add_artist(
            Rectangle(
                (x / _WIDTH, 1 - (y + height) / _HEIGHT), width / _WIDTH, height / _HEIGHT,
                facecolor=color, edgecolor="none", zorder=0,
            )
        )  # fmt: skip

    def _wrap(self, text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
        """Lines that fit; a word that is too long for one is cut into several."""
        font = FontProperties(size=size, weight="bold" if bold else "normal")
        lines, line = [], ""
        for word in text.split():
            longer = f"{line} {word}" if line else word
            if self._width(longer, font) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            while self._width(word, font) > width and len(word) > 1:
                fit = len(word) - 1
                while fit > 1 and self._width(word[:fit], font) > width:
                    fit = max(1, int(fit * 0.9))
                lines.append(word[:fit])
                word = word[fit:]
            line = word
        return [*lines, line] if line or not lines else lines

    def _width(self, text: str, font: FontProperties) -> float:
        width, _height, _descent = self._renderer.get_text_width_height_descent(  # type: ignore[no-untyped-call]
            text, font, ismath=False
        )
        return float(width) / _DOTS


def _draw(axes: Axes, chart: Chart, report: Report) -> None:
    since, until = report.since_wall_seconds, report.until_wall_seconds
    until = max(until, since + 1.0)
    low, high = limits_of(chart)
    axes.set_xlim(since, until)
    axes.set_ylim(low, high)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_MUTED)
    if low > 0:
        axes.spines["bottom"].set_linestyle((0, (2, 4)))
    axes.annotate(
        foot_of(chart, low, high), (0.0, 0.0), xycoords="axes fraction", xytext=(3, 3),
        textcoords="offset points", size=6.5, color=_MUTED, zorder=6,
    )  # fmt: skip
    axes.grid(color=_RULE, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_MUTED, labelsize=7, length=0, pad=3)
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
        axes.axhline(chart.ceiling_bytes, color=_WEIGHTS["bad"], linewidth=1, linestyle="dashdot")
        axes.text(
            since, chart.ceiling_bytes, f"{chart.ceiling_name} {format_size(chart.ceiling_bytes)}",
            size=7, color=_MUTED, ha="left", va="bottom", zorder=6,
            path_effects=[withStroke(linewidth=2, foreground="white")],
        )  # fmt: skip
    if chart.growth is not None:
        (t1, size1), (t2, size2) = chart.growth
        axes.plot([t1, t2], [size1, size2], color=_WEIGHTS["bad"], linewidth=1.4, linestyle=":")
    # From one row to the next, and between two of one row.
    apart = (_MARK_POINTS + 1.5) / 72
    rows = mark_rows(chart.marks, apart * (until - since) / _PLOT)
    for mark, row in zip(chart.marks, rows, strict=True):
        shape, color = _MARKS[mark.kind]
        height = high - row * apart / _CHART * (high - low)
        # The line of a mark for several ends soon: many of them would hide the curve.
        start = 0.0 if mark.number == 1 else 0.92
        axes.axvline(mark.wall_seconds, start, color=color, linewidth=0.6, alpha=0.7)
        if mark.number > 1:
            axes.annotate(
                format_count(mark.number), (mark.wall_seconds, height), xytext=(4, 0),
                textcoords="offset points", va="center", size=6, color=_MUTED,
                annotation_clip=False,
            )  # fmt: skip
        axes.plot(
            [mark.wall_seconds], [height], marker=shape, color=color, ms=_MARK_POINTS,
            clip_on=False,
        )  # fmt: skip


def _legend_of(chart: Chart) -> list[tuple[str, Line2D]]:
    """Every curve, line and kind of mark with what it looks like."""
    entries = [
        (
            _legend(curve),
            Line2D(
                [], [], color=_CURVES[number % len(_CURVES)],
                linestyle=_DASHES[number % len(_DASHES)], linewidth=1.4, marker="",
            ),
        )
        for number, curve in enumerate(chart.curves)
        if any(curve.points)
    ]  # fmt: skip
    if chart.growth is not None:
        sample = Line2D([], [], color=_WEIGHTS["bad"], linestyle=":", linewidth=1.4, marker="")
        entries.append((_("Keeps growing"), sample))
    kinds = {mark.kind for mark in chart.marks}
    for kind in MARK_KINDS:
        if kind in kinds:
            shape, color = _MARKS[kind]
            sample = Line2D([], [], color=color, marker=shape, ms=_MARK_POINTS, linestyle="none")
            entries.append((mark_label(kind), sample))
    return entries


def _legend(curve: ChartCurve) -> str:
    known = [point for point in curve.points if point is not None]
    return f"{curve.name}  {format_size(known[-1].mean)}"


def _inches(points: float) -> float:
    return points / 72 * _LINE


def _shares(weights: Sequence[float]) -> list[float]:
    """The whole width, divided."""
    return [_INNER * weight / sum(weights) for weight in weights]

"""The report on paper: A4 pages drawn by matplotlib, from the same facts as the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from trayapp.chart_fonts import use_chart_fonts
from trayapp.domain.language import _
from trayapp.domain.units import format_size
from trayapp.export.report_facts import MOST_EVENTS, Chart, ChartCurve, Report, clock, figures_of
from trayapp.export.report_html import made_by, time_of
from trayapp.export.report_svg import limits_of, stretches_of
from trayapp.export.scales import size_label, size_ticks, time_ticks

_WIDTH, _HEIGHT = 8.27, 11.69
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.7, 0.7, 0.7, 0.75
_INNER = _WIDTH - _LEFT - _RIGHT
_CHART = 1.75
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
_LINE = 1.45
"""Height of a line, in that of its letters."""


def write_pdf(path: Path, report: Report) -> None:
    """Write all pages.

    Raises: OSError.
    """
    _prepare()
    details = {"Title": report.title, "Creator": "Memtray", "CreationDate": None}
    with path.open("wb") as file, PdfPages(file, metadata=details) as pages:
        _Paper(pages, report).write()


def _prepare() -> None:
    use_chart_fonts()
    # TrueType, so that its text can be searched and copied.
    mpl.rcParams["pdf.fonttype"] = 42


class _Paper:
    """Pages that are filled from top to bottom; all places are inches from the top left."""

    def __init__(self, pages: PdfPages, report: Report) -> None:
        self._pages, self._report = pages, report
        self._figure = Figure(figsize=(_WIDTH, _HEIGHT))
        self._renderer: RendererAgg = FigureCanvasAgg(Figure(dpi=72)).get_renderer()  # type: ignore[no-untyped-call]
        self._number = 0
        self._y = _TOP

    def write(self) -> None:
        """Everything, in the order of the page."""
        report = self._report
        self._paragraph(report.title, size=17, bold=True)
        self._paragraph(time_of(report), size=9.5, color=_MUTED)
        self._y += 0.12
        for finding in report.findings:
            self._finding(finding.weight, finding.title, finding.text)
        if report.charts:
            self._heading(_("Over time"), room=_CHART + 0.6)
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

    def _chart(self, chart: Chart) -> None:
        known = [curve for curve in chart.curves if any(curve.points)]
        columns = min(4, max(2, len(known)))
        legend = -(-len(known) // columns) * _inches(7.5)
        self._make_room(_CHART + 0.55 + legend)
        self._paragraph(chart.title, size=9, bold=True)
        axes = self._figure.add_axes(
            (
                (_LEFT + 0.62) / _WIDTH,
                1 - (self._y + 0.06 + _CHART) / _HEIGHT,
                (_INNER - 0.62) / _WIDTH,
                _CHART / _HEIGHT,
            )
        )
        _draw(axes, chart, self._report)
        self._y += _CHART + 0.32
        for number, curve in enumerate(known):
            row, at = divmod(number, columns)
            x, y = _LEFT + 0.62 + at * (_INNER - 0.62) / columns, self._y + row * _inches(7.5)
            style = chart.curves.index(curve)
            self._figure.add_artist(
                Line2D(
                    [x / _WIDTH, (x + 0.25) / _WIDTH], [1 - (y + 0.05) / _HEIGHT] * 2,
                    color=_CURVES[style % len(_CURVES)], linestyle=_DASHES[style % len(_DASHES)],
                    linewidth=1.4,
                )
            )  # fmt: skip
            text = self._wrap(_legend(curve), (_INNER - 0.62) / columns - 0.36, 7.5)[0]
            self._text(x + 0.3, y, text, 7.5, _MUTED)
        self._y += legend + 0.2

    def _targets(self) -> None:
        report = self._report
        if not report.targets:
            return
        self._heading(_("Targets"))
        headings = [heading for heading, _text in figures_of(report.targets[0])]
        widths = _shares([2.3, 0.95, 0.95, 0.95, 1.05, 1.15, 1.05, 1.0, 0.8])
        right = range(2, len(widths))
        self._row(headings, widths, bold=True, right=right)
        for one in sorted(report.targets, key=lambda one: -(one.summary.peak or 0.0)):
            texts = [text for _heading, text in figures_of(one)]
            colors = [_TEXT, _LEVELS.get(one.level, _TEXT), *[_TEXT] * (len(texts) - 2)]
            self._row(texts, widths, colors=colors, right=right, rule=not one.details)
            if one.details:
                self._row([one.details], [_INNER], colors=[_MUTED])

    def _incidents(self) -> None:
        incidents = self._report.incidents[-MOST_EVENTS:]
        if not incidents:
            return
        self._heading(_("Incidents"))
        widths = _shares([1.45, 1.45, 0.85, 3.2])
        self._row([_("Begun"), _("Over"), _("Level"), _("What")], widths, bold=True)
        for one in incidents:
            over = clock(one.ended_wall_seconds) if one.ended_wall_seconds else _("still open")
            what = f"{one.title}. {one.text}".rstrip(". ") + "."
            self._row([clock(one.begun_wall_seconds), over, one.level, what], widths)

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
        self._row(headings, widths, bold=True, right=right)
        for one in cleanups:
            sizes = (one.before_bytes, one.after_bytes, one.freed_bytes, one.kept_bytes)
            texts = [clock(one.wall_seconds), one.subject, *map(format_size, sizes)]
            self._row(texts, widths, right=right)

    def _row(
        self,
        texts: Sequence[str],
        widths: Sequence[float],
        *,
        colors: Sequence[str] | None = None,
        bold: bool = False,
        right: Iterable[int] = (),
        rule: bool = True,
    ) -> None:
        size = 7.8
        cells = [
            self._wrap(text, width - 0.1, size, bold=bold)
            for text, width in zip(texts, widths, strict=True)
        ]
        height = max(len(lines) for lines in cells) * _inches(size) + 0.07
        self._make_room(height)
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

    def _paragraph(self, text: str, *, size: float, bold: bool = False, color: str = _TEXT) -> None:
        for line in self._wrap(text, _INNER, size, bold=bold):
            self._make_room(_inches(size))
            self._text(_LEFT, self._y, line, size, color, bold=bold)
            self._y += _inches(size)

    # -- paper

    def _make_room(self, height: float) -> None:
        if self._y + height > _HEIGHT - _BOTTOM and self._y > _TOP:
            self._finish_page()
            self._figure = Figure(figsize=(_WIDTH, _HEIGHT))
            self._y = _TOP

    def _finish_page(self) -> None:
        self._number += 1
        self._text(_WIDTH - _RIGHT, _HEIGHT - 0.5, str(self._number), 8, _MUTED, align="right")
        self._pages.savefig(self._figure)  # type: ignore[no-untyped-call]

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
        return float(width) / 72


def _draw(axes: Axes, chart: Chart, report: Report) -> None:
    since, until = report.since_wall_seconds, report.until_wall_seconds
    until = max(until, since + 1.0)
    low, high = limits_of(chart)
    axes.set_xlim(since, until)
    axes.set_ylim(low, high)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_MUTED)
    axes.grid(color=_RULE, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_MUTED, labelsize=7, length=0, pad=3)
    sizes, times = size_ticks(low, high), time_ticks(since, until)
    axes.set_yticks(sizes, [size_label(size) for size in sizes])
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
            until, chart.ceiling_bytes, f"{chart.ceiling_name} {format_size(chart.ceiling_bytes)}",
            size=7, color=_MUTED, ha="right", va="bottom",
        )  # fmt: skip
    if chart.growth is not None:
        (t1, size1), (t2, size2) = chart.growth
        axes.plot([t1, t2], [size1, size2], color=_WEIGHTS["bad"], linewidth=1.4, linestyle=":")
    for mark in chart.marks:
        shape, color = _MARKS[mark.kind]
        axes.axvline(mark.wall_seconds, color=color, linewidth=0.6, alpha=0.7)
        axes.plot([mark.wall_seconds], [high], marker=shape, color=color, ms=4, clip_on=False)


def _legend(curve: ChartCurve) -> str:
    known = [point for point in curve.points if point is not None]
    return f"{curve.name}  {format_size(known[-1].mean)}"


def _inches(points: float) -> float:
    return points / 72 * _LINE


def _shares(weights: Sequence[float]) -> list[float]:
    """The whole width, divided."""
    return [_INNER * weight / sum(weights) for weight in weights]

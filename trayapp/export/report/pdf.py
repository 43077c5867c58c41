"""The report on paper: A4 pages drawn by matplotlib, from the same facts as the page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D

from trayapp.charts.fonts import use_chart_fonts
from trayapp.domain.records.levels import level_said
from trayapp.export.report.account import account_headings
from trayapp.export.report.colors import COLORS
from trayapp.export.report.facts import (
    MOST_EVENTS,
    Chart,
    Report,
    by_peak,
    cleanup_headings,
    clock,
    figures_of,
    made_by,
    sizes_of,
    time_of,
)
from trayapp.export.report.paper import HEIGHT, INNER, LEFT, MUTED, TEXT, WIDTH, Paper, inches
from trayapp.export.report.pdf_chart import draw_chart, legend_of
from trayapp.export.report.runs import phase_headings, phase_rows
from trayapp.language.catalogue import _

_CHART, _AXIS, _PLOT = 1.7, 0.62, INNER - 0.62
"""Height of a chart, what its sizes take of the width, and what is left."""
_SAMPLE = 0.25
"""Width of a line in the legend."""
_COLORS = COLORS["light"]
_LEVELS = {"leaking": _COLORS["bad"], "growing": _COLORS["warning"]}


def write(path: Path, report: Report) -> None:
    """Write all pages. Raises: OSError."""
    figures = draw_pages(report)
    details = {"Title": report.title, "Creator": "Memtray", "CreationDate": None}
    # A disk that gets full in the middle would leave matplotlib in a state it trips over.
    made = io.BytesIO()
    with PdfPages(made, metadata=details) as pages:
        for figure in figures:
            pages.savefig(figure)
    path.write_bytes(made.getvalue())


def draw_pages(report: Report) -> list[Figure]:
    """Return all pages, still as figures."""
    use_chart_fonts()
    # TrueType, so that its text can be searched and copied.
    mpl.rcParams["pdf.fonttype"] = 42
    pages = _Pages(report)
    pages.write()
    return pages.paper.pages


class _Pages:
    """The parts of the report, put on paper in the order of the page."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.paper = Paper()

    def write(self) -> None:
        report = self._report
        self.paper.paragraph(report.title, size=17, bold=True)
        self.paper.paragraph(time_of(report), size=9.5, color=MUTED)
        self.paper.y += 0.12
        for finding in report.findings:
            self._finding(finding.weight, finding.title, finding.text)
        if report.charts:
            self.paper.heading(_("Over time"), room=0.6 + self._height_of(report.charts[0]))
        for chart in report.charts:
            self._chart(chart)
        self._targets()
        self._phases()
        self._incidents()
        self._cleanups()
        self._account()
        if report.facts:
            self.paper.heading(_("Environment"), room=0.5 + 0.25 * len(report.facts))
            for label, value in report.facts:
                self.paper.row([label, value], [1.7, INNER - 1.7], colors=[MUTED, TEXT], rule=False)
        self.paper.y += 0.15
        self.paper.paragraph(made_by(report), size=8, color=MUTED)
        self.paper.finish_page()

    def _finding(self, weight: str, title: str, text: str) -> None:
        inner = INNER - 0.28
        titles = self.paper.wrap(title, inner, 9.5, bold=True)
        lines = self.paper.wrap(text, inner, 8.5)
        height = 0.16 + len(titles) * inches(9.5) + len(lines) * inches(8.5)
        self.paper.make_room(height + 0.08)
        self.paper.box(LEFT, self.paper.y, INNER, height, _COLORS["soft"])
        self.paper.box(LEFT, self.paper.y, 0.05, height, _COLORS[weight])
        y = self.paper.y + 0.08
        for line in titles:
            self.paper.text(LEFT + 0.16, y, line, 9.5, _COLORS[weight], bold=True)
            y += inches(9.5)
        for line in lines:
            self.paper.text(LEFT + 0.16, y, line, 8.5, TEXT)
            y += inches(8.5)
        self.paper.y += height + 0.08

    def _height_of(self, chart: Chart) -> float:
        return _CHART + 0.52 + len(self._legend_rows(chart)) * inches(7.5)

    def _chart(self, chart: Chart) -> None:
        self.paper.make_room(self._height_of(chart))
        self.paper.paragraph(chart.title, size=9, bold=True)
        axes = self.paper.figure.add_axes(
            (
                (LEFT + _AXIS) / WIDTH,
                1 - (self.paper.y + 0.06 + _CHART) / HEIGHT,
                _PLOT / WIDTH,
                _CHART / HEIGHT,
            )
        )
        draw_chart(axes, chart, self._report, _PLOT, _CHART)
        self.paper.y += _CHART + 0.3
        for row in self._legend_rows(chart):
            x, y = LEFT + _AXIS, 1 - (self.paper.y + 0.05) / HEIGHT
            for text, sample, width in row:
                ends = (0.0, _SAMPLE) if sample.get_marker() == "" else (_SAMPLE / 2,)
                sample.set_data([(x + end) / WIDTH for end in ends], [y] * len(ends))
                self.paper.figure.add_artist(sample)
                self.paper.text(x + _SAMPLE + 0.05, self.paper.y, text, 7.5, MUTED)
                x += width
            self.paper.y += inches(7.5)
        self.paper.y += 0.1

    def _legend_rows(self, chart: Chart) -> list[list[tuple[str, Line2D, float]]]:
        """Return the rows of a legend: texts, a sample each, and the width of both."""
        rows: list[list[tuple[str, Line2D, float]]] = [[]]
        font = FontProperties(size=7.5)
        for text, sample in legend_of(chart):
            (shown, *_more) = self.paper.wrap(text, _PLOT - _SAMPLE - 0.3, 7.5)
            width = _SAMPLE + self.paper.text_width(shown, font) + 0.25
            if sum(used for _, _, used in rows[-1]) + width > _PLOT + 0.2:
                rows.append([])
            rows[-1].append((shown, sample, width))
        return rows

    def _targets(self) -> None:
        report = self._report
        if not report.targets:
            return
        self.paper.heading(_("Tracked programs"))
        headings = [heading for heading, _text in figures_of(report.targets[0])]
        widths = _shares([2.3, 0.95, 0.95, 0.95, 1.05, 1.15, 1.05, 1.0, 0.8])
        right = range(2, len(widths))
        self.paper.begin_table(headings, widths, right)
        for one in by_peak(report.targets):
            texts = [text for _heading, text in figures_of(one)]
            colors = [TEXT, _LEVELS.get(one.level, TEXT), *[TEXT] * (len(texts) - 2)]
            details = self.paper.row_height([one.details], [INNER]) if one.details else 0.0
            self.paper.row(
                texts, widths, colors=colors, right=right, rule=not details, below=details
            )
            if one.details:
                self.paper.row([one.details], [INNER], colors=[MUTED])
        self.paper.end_table()

    def _phases(self) -> None:
        rows = list(phase_rows(self._report.targets))
        if not rows:
            return
        self.paper.heading(_("Phases of the latest runs"))
        widths = _shares([2.0, 0.9, 1.5, 1.0, 1.0, 1.0, 1.2])
        right = range(3, 7)
        self.paper.begin_table(phase_headings(), widths, right)
        for texts in rows:
            self.paper.row(texts, widths, right=right)
        self.paper.end_table()

    def _incidents(self) -> None:
        incidents = self._report.incidents[-MOST_EVENTS:]
        if not incidents:
            return
        self.paper.heading(_("Incidents"))
        widths = _shares([1.45, 1.45, 0.85, 3.2])
        self.paper.begin_table([_("Started"), _("Resolved"), _("Level"), _("What")], widths)
        for one in incidents:
            over = clock(one.ended_wall_seconds) if one.ended_wall_seconds else _("still open")
            what = f"{one.title}. {one.text}".rstrip(". ") + "."
            level = level_said(one.level)
            self.paper.row([clock(one.begun_wall_seconds), over, level, what], widths)
        self.paper.end_table()

    def _cleanups(self) -> None:
        cleanups = self._report.cleanups[-MOST_EVENTS:]
        if not cleanups:
            return
        self.paper.heading(_("Freed memory"))
        widths = _shares([1.6, 1.6, 0.9, 0.9, 0.9, 1.3])
        right = range(2, 6)
        self.paper.begin_table(cleanup_headings(), widths, right)
        for one in cleanups:
            texts = [clock(one.wall_seconds), one.subject, *sizes_of(one)]
            self.paper.row(texts, widths, right=right)
        self.paper.end_table()

    def _account(self) -> None:
        rows = self._report.account
        if not rows:
            return
        self.paper.heading(_("Where memory goes"))
        widths = _shares([2.2, 0.95, 0.7, 1.3, 3.2])
        right = range(1, 3)
        self.paper.begin_table(account_headings(), widths, right)
        for row in rows:
            title = f"    {row.title}" if row.is_below else row.title
            texts = [title, row.size, row.share, row.comes_back, row.text]
            colors = [TEXT, TEXT, TEXT, MUTED, MUTED]
            self.paper.row(texts, widths, colors=colors, right=right)
        self.paper.end_table()


def _shares(weights: Sequence[float]) -> list[float]:
    return [INNER * weight / sum(weights) for weight in weights]

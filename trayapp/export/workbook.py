"""The workbook, `.xlsx`: for reading and charting without Memtray."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import east_asian_width

from trayapp import __version__
from trayapp.domain.grouping.tasks import kept_of
from trayapp.domain.records.levels import level_said
from trayapp.domain.records.series import Event, Series
from trayapp.domain.records.transitions import decision_said
from trayapp.errors import ExportError
from trayapp.export.safe_names import plain_text, sheet_names
from trayapp.export.source import Cell, Row, Source, Summary, find_step
from trayapp.language.catalogue import N_, _, format_number
from trayapp.language.units import MIB

MOST_ROWS = 50_000
"""Of a timeline; longer ones get wider rows, so that a spreadsheet still opens them with ease."""
MOST_CELLS = 4_000_000
MOST_TARGET_SHEETS = 200
"""Each keeps a file open while it is written."""
MOST_IN_CHART = 10
_BESIDE = 30
"""With more targets charts stand beside their table, not below it."""
_CHART_COLORS = (
    "#0072B2", "#D55E00", "#00805D", "#B04A86", "#9A6B00", "#3188BD", "#4D4D4D",
)  # fmt: skip
_CHART_DASHES = ("solid", "dash", "round_dot", "dash_dot")
"""Each time that the colours begin anew."""
_GRID_COLOR, _AXIS_COLOR = "#D9D9D9", "#808080"
_TICK_SECONDS = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
    172_800, 604_800, 1_209_600, 2_592_000,
)  # fmt: skip
_MOST_TICKS = 8
_A4 = 9
_LINE_POINTS = 15.5
_HEADING_LINES, _WIDEST = 2, 60
"""Columns are as wide as it takes for their headings to need no more lines, within reason."""
_MOST_WIDE = 16_000
"""Excel has 16,384 columns."""
_MOST_EVENTS = 1_000_000
_LEAST_GAP_SECONDS = 90.0
"""Memtray's slowest pace is a sample every 30 s."""
_OWN_SHEETS = (
    N_("Session"),
    N_("System timeline"),
    N_("Targets timeline"),
    N_("Alerts"),
    N_("Cleanups"),
    N_("Tasks"),
)
_LABELS = {
    "used_bytes": N_("Used"),
    "total_bytes": N_("Total"),
    "swap_used_bytes": N_("Swap used"),
    "rss_bytes": N_("Memory (RSS)"),
    "anon_bytes": N_("Anonymous"),
    "uss_bytes": N_("Private (USS)"),
    "pss_bytes": N_("Proportional (PSS)"),
    "swap_bytes": N_("Swapped"),
    "size_bytes": N_("Memory, shared counted once"),
    "kept_bytes": N_("Anonymous and own shared"),
    "virtual_bytes": N_("Virtual size"),
    "committed_bytes": N_("Committed"),
    "kernel_peak_bytes": N_("Peak by the kernel"),
    "cpu_percent": N_("CPU, % of a core"),
    "hugepages_reserved_bytes": N_("Reserved as huge pages"),
    "process_count": N_("Processes"),
}


def write_workbook(path: Path, source: Source) -> None:
    """Write all sheets; times are the local clock's, sizes are in MiB.

    Raises: ExportError if XlsxWriter is missing or the file cannot be made; OSError, HistoryError.
    """
    with _open_workbook(path) as workbook:
        _Book(workbook, source).write()


@contextmanager
def _open_workbook(path: Path) -> Iterator[Any]:
    try:
        from xlsxwriter import Workbook
        from xlsxwriter.exceptions import XlsxFileError
    except ImportError as error:
        raise ExportError(
            _(
                'a workbook needs one more package: pip install "memtray[export]"; '
                ".csv and .json do without"
            )
        ) from error
    workbook = Workbook(
        str(path),
        {
            "constant_memory": True,
            "tmpdir": str(path.parent),
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    workbook.use_zip64()
    try:
        yield workbook
        workbook.close()
    except XlsxFileError as error:
        cause = error.args[0] if error.args else error
        if isinstance(cause, OSError):
            raise cause from error
        raise ExportError(_("cannot make the workbook: {reason}").format(reason=cause)) from error
    finally:
        for sheet in workbook.worksheets():
            with suppress(OSError):  # what it still held back has no room either
                sheet.row_data_fh.close()


class _Formats:
    def __init__(self, workbook: Any) -> None:
        self.title = workbook.add_format({"bold": True, "font_size": 14})
        self.heading = workbook.add_format(
            {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}
        )
        self.number_heading = workbook.add_format(
            {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "align": "right"}
        )
        self.label = workbook.add_format({"bold": True})
        # To the left: a text follows it in the next column.
        self.time = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"})
        self.time_after_number = workbook.add_format(
            {"num_format": "yyyy-mm-dd hh:mm:ss", "align": "center"}
        )
        self.time_heading = workbook.add_format(
            {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "align": "center"}
        )
        self.mib = workbook.add_format({"num_format": "#,##0.0"})
        self.change = workbook.add_format({"num_format": "+#,##0.0;-#,##0.0;0.0"})
        self.share = workbook.add_format({"num_format": "+0.0%;-0.0%;0.0%"})
        self.plain = workbook.add_format({"num_format": "#,##0.##"})
        self.count = workbook.add_format({"num_format": "#,##0"})

    def heading_of(self, style: Any) -> Any:
        """The heading of a column stands as its cells do."""
        if style in (None, self.time):
            return self.heading
        return self.time_heading if style is self.time_after_number else self.number_heading


class _Column(NamedTuple):
    heading: str
    format: Any
    width: float = 12.0


class _Sheet:
    """A table that grows downwards below frozen headings; cells are dates, numbers or text."""

    def __init__(
        self,
        sheet: Any,
        formats: _Formats,
        columns: Sequence[_Column],
        above: Sequence[tuple[str, object]] = (),
    ) -> None:
        """`above`: labels and values in rows of their own above the headings."""
        self.sheet = sheet
        self._formats = formats
        self._columns = columns
        lines = 1
        for place, column in enumerate(columns):
            letters = _letters(column.heading)
            width = min(_WIDEST, max(column.width, letters / _HEADING_LINES + 4))
            lines = max(lines, -(-letters // int(width - 3)))
            sheet.set_column(place, place, width)
        for row, (label, value) in enumerate(above):
            sheet.write_string(row, 0, label, formats.label)
            self._write_cell(row, 1, value, formats.time if isinstance(value, datetime) else None)
        self.heading_row = len(above) + bool(above)
        # A row written line by line does not find its own height.
        sheet.set_row(self.heading_row, _LINE_POINTS * max(_HEADING_LINES, lines))
        for place, column in enumerate(columns):
            style = formats.heading_of(column.format)
            sheet.write_string(self.heading_row, place, column.heading, style)
        sheet.freeze_panes(self.heading_row + 1, 1)
        # On paper: as wide as a page, with the headings on each.
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(self.heading_row)
        self.row = self.heading_row
        """The last one that was written."""

    def add(self, values: Sequence[object]) -> None:
        """Write the next row; None leaves a cell empty."""
        self.row += 1
        for place, value in enumerate(values):
            if value is not None:
                self._write_cell(self.row, place, value, self._columns[place].format)

    def cells(self, column: int) -> list[object]:
        """All of one column, as a chart refers to it."""
        return [self.sheet.name, self.heading_row + 1, column, self.row, column]

    def heading(self, column: int) -> list[object]:
        """A heading, as a chart refers to it: a text of its own might be taken for a formula."""
        return [self.sheet.name, self.heading_row, column]

    def _write_cell(self, row: int, column: int, value: object, style: Any) -> None:
        if isinstance(value, datetime):
            self.sheet.write_datetime(row, column, value, style)
        elif isinstance(value, (int, float)):
            self.sheet.write_number(row, column, value, style)
        else:
            self.sheet.write_string(row, column, plain_text(" ".join(str(value).split())), style)


class _Timeline:
    """A sheet of moments, with an empty row where nothing was measured for too long."""

    def __init__(self, sheet: _Sheet, step_seconds: float) -> None:
        self.sheet = sheet
        self._step_seconds = step_seconds
        self._last: Row | None = None

    def add(self, row: Row, values: Sequence[object]) -> bool:
        """Write the next moment; tells whether it comes after a gap, or first."""
        last, self._last = self._last, row
        is_fresh = last is None
        if last is not None:
            stretch = max(last.stretch_seconds, row.stretch_seconds, self._step_seconds)
            distance = row.wall_seconds - last.wall_seconds
            if distance > max(3 * stretch, _LEAST_GAP_SECONDS):
                # Charts would draw a line across what is not known.
                self.sheet.add([_clock(last.wall_seconds + distance / 2)])
                is_fresh = True
        self.sheet.add([_clock(row.wall_seconds), *values])
        return is_fresh


class _TargetSheet:
    """The timeline of one target, and how it changed."""

    def __init__(
        self,
        sheet: Any,
        formats: _Formats,
        name: str,
        source: Source,
        step_seconds: float,
    ) -> None:
        self._places = [
            place
            for place, series in enumerate(source.series)
            if series.kind == "target" and series.name == name
        ]
        self._series = source.series
        others = [
            _Column(_label(series), _style(series, formats))
            for series in (source.series[place] for place in self._places)
            if series.metric != "rss_bytes"
        ]
        columns = [
            _Column(_("Time"), formats.time, 19.0),
            # As wide as the dates above it.
            _Column(_("Memory (RSS), MiB"), formats.mib, 19.0),
            _Column(_("Least, MiB"), formats.mib),
            _Column(_("Greatest, MiB"), formats.mib),
            _Column(_("Delta, MiB"), formats.change),
            _Column(_("Change from start, MiB"), formats.change, 14.0),
            _Column(_("Change from start, %"), formats.share, 14.0),
            *others,
        ]
        above = [
            (_("Target"), name),
            (_("From"), _clock(source.since_wall_seconds)),
            (_("Until"), _clock(source.until_wall_seconds)),
        ]
        self.table = _Sheet(sheet, formats, columns, above)
        self._timeline = _Timeline(self.table, step_seconds)
        self._first: float | None = None
        self._before: float | None = None
        self.width = len(columns)

    def add(self, row: Row) -> None:
        """Write what the row holds of this target; nothing if it did not run."""
        size: Cell | None = None
        others: list[object] = []
        for place in self._places:
            if self._series[place].metric == "rss_bytes":
                size = row.cells.get(place)
            else:
                others.append(_value(self._series[place], row.cells.get(place)))
        if size is None and all(value is None for value in others):
            return
        if size is None:
            self._timeline.add(row, [*[None] * 6, *others])
            return
        if self._first is None:
            self._first = size.mean
        delta = None if self._before is None else (size.mean - self._before) / MIB
        change = size.mean - self._first
        self._timeline.add(
            row,
            [
                size.mean / MIB,
                size.minimum / MIB,
                size.maximum / MIB,
                delta,
                change / MIB,
                change / self._first if self._first else None,
                *others,
            ],
        )
        self._before = size.mean


class _Book:
    """All sheets. The rows go to all timelines as they stream by; the first sheet is last."""

    def __init__(self, workbook: Any, source: Source) -> None:
        self._workbook = workbook
        self._source = source
        self._formats = _Formats(workbook)
        self._machine = [
            place for place, one in enumerate(source.series) if one.kind in ("system", "app")
        ]
        self._sizes = {
            one.name: place
            for place, one in enumerate(source.series)
            if one.kind == "target" and one.metric == "rss_bytes"
        }
        self._wide = list(self._sizes)[:_MOST_WIDE]
        # Each size stands in the wide sheet, too, and in three columns and changes of its own.
        width = len(source.series) + 7 * len(self._sizes) + 3
        span = source.until_wall_seconds - source.since_wall_seconds
        self._step_seconds = find_step(span, max(1000, min(MOST_ROWS, MOST_CELLS // width)))

    def write(self) -> None:
        """Write everything, in one pass over the history."""
        source, formats, step = self._source, self._formats, self._step_seconds
        session = self._workbook.add_worksheet(_("Session"))
        time = _Column(_("Time"), formats.time, 19.0)
        machine = _Timeline(
            self._add_sheet(
                _("System timeline"),
                [
                    time,
                    *(
                        _Column(_label(one), _style(one, formats))
                        for one in (source.series[place] for place in self._machine)
                    ),
                ],
            ),
            step,
        )
        wide = _Timeline(
            self._add_sheet(
                _("Targets timeline"),
                [
                    time,
                    *(
                        _Column(_("{name}, MiB").format(name=plain_text(n)), formats.mib)
                        for n in self._wide
                    ),
                ],
            ),
            step,
        )
        shown = source.targets[:MOST_TARGET_SHEETS]
        names = dict(zip(shown, sheet_names(shown, tuple(map(_, _OWN_SHEETS))), strict=True))
        sheets = [
            _TargetSheet(self._workbook.add_worksheet(names[n]), formats, n, source, step)
            for n in shown
        ]
        alerts = self._add_sheet(_("Alerts"), self._alert_columns())
        cleanups = self._add_sheet(_("Cleanups"), self._cleanup_columns())
        tasks = self._add_sheet(_("Tasks"), self._task_columns())
        summaries = {name: Summary() for name in source.targets}
        for row in source.rows(step):
            self._add_row(row, machine, wide, sheets, summaries)
        for event in source.events(("alert",)):
            if alerts.row < _MOST_EVENTS:
                alerts.add(_alert(event))
        for event in source.events(("cleanup", "cleanup_follow_up")):
            if cleanups.row < _MOST_EVENTS:
                cleanups.add(_cleanup(event))
        for event in source.events(("task",)):
            if tasks.row < _MOST_EVENTS:
                tasks.add(_task(event))
        for sheet in sheets:
            self._insert_chart(
                sheet.table, _("Memory"), [3], (sheet.table.heading_row, sheet.width)
            )
        self._write_session(session, summaries, machine.sheet, wide.sheet)

    def _add_sheet(self, name: str, columns: Sequence[_Column]) -> _Sheet:
        return _Sheet(self._workbook.add_worksheet(name), self._formats, columns)

    def _add_row(
        self,
        row: Row,
        machine: _Timeline,
        wide: _Timeline,
        sheets: Sequence[_TargetSheet],
        summaries: Mapping[str, Summary],
    ) -> None:
        series, cells = self._source.series, row.cells
        values = [_value(series[place], cells.get(place)) for place in self._machine]
        if any(value is not None for value in values):
            machine.add(row, values)
        for name, place in self._sizes.items():
            if place in cells:
                summaries[name].add(row.wall_seconds, cells[place])
        values = [_value(series[self._sizes[n]], cells.get(self._sizes[n])) for n in self._wide]
        if any(value is not None for value in values):
            wide.add(row, values)
        for sheet in sheets:
            sheet.add(row)

    def _write_session(
        self, sheet: Any, summaries: Mapping[str, Summary], machine: _Sheet, wide: _Sheet
    ) -> None:
        source, formats = self._source, self._formats
        counts = source.counts()
        now = datetime.now().astimezone()
        above: list[tuple[str, object]] = [
            (_("Exported by"), f"Memtray {__version__}"),
            (_("Exported at"), now.replace(tzinfo=None)),
            (
                _("Time zone"),
                _("local, {zone} (UTC{offset})").format(zone=f"{now:%Z}", offset=f"{now:%z}"),
            ),
            (_("From"), _clock(source.since_wall_seconds)),
            (_("Until"), _clock(source.until_wall_seconds)),
            (_("Rows"), self._row_note()),
            (_("Values"), _("sizes in MiB; in timelines the greatest of each row's stretch")),
        ]
        if len(source.targets) > MOST_TARGET_SHEETS:
            above.append(
                (
                    _("Sheets"),
                    _("only the first {count} targets have one of their own").format(
                        count=MOST_TARGET_SHEETS
                    ),
                )
            )
        table = _Sheet(
            sheet,
            formats,
            [
                _Column(_("Target"), None, 28.0),
                _Column(_("Current, MiB"), formats.mib, 19.0),
                _Column(_("Peak, MiB"), formats.mib),
                _Column(_("Minimum, MiB"), formats.mib),
                _Column(_("Growth, MiB"), formats.change),
                _Column(_("Restarts"), formats.count),
                _Column(_("Alerts"), formats.count),
                _Column(_("First seen"), formats.time_after_number, 22.0),
                _Column(_("Last seen"), formats.time_after_number, 22.0),
            ],
            above,
        )
        for name in source.targets:
            one, count = summaries[name], counts[name]
            table.add(
                [
                    name,
                    *(_mib(size) for size in (one.current, one.peak, one.minimum, one.growth)),
                    count.restarts,
                    count.alerts,
                    _clock(one.first_wall_seconds),
                    _clock(one.last_wall_seconds),
                ]
            )
        metrics = [source.series[place].metric for place in self._machine]
        kinds = [source.series[place].kind for place in self._machine]
        used = [
            number + 1
            for number, (kind, metric) in enumerate(zip(kinds, metrics, strict=True))
            if kind == "system" and metric in ("used_bytes", "swap_used_bytes")
        ]
        is_below = len(source.targets) <= _BESIDE
        first, second = (
            ((table.row + 2, 0), (table.row + 2, 7)) if is_below else ((0, 10), (18, 10))
        )
        self._insert_chart(machine, _("System"), used, first, onto=sheet)
        by_size = sorted(self._wide, key=lambda name: -(summaries[name].peak or 0.0))
        largest = [1 + self._wide.index(name) for name in by_size[:MOST_IN_CHART]]
        self._insert_chart(wide, _("Largest targets"), largest, second, onto=sheet)

    def _row_note(self) -> str:
        if not self._step_seconds:
            return _("one for each moment that is kept")
        seconds = format_number(self._step_seconds, None)
        return _("one for every {seconds} s").format(seconds=seconds)

    def _insert_chart(
        self,
        table: _Sheet,
        title: str,
        columns: Sequence[int],
        at: tuple[int, int],
        onto: Any = None,
    ) -> None:
        if not columns or table.row == table.heading_row:
            return
        chart = self._workbook.add_chart({"type": "scatter", "subtype": "straight"})
        for number, column in enumerate(columns):
            rounds, color = divmod(number, len(_CHART_COLORS))
            chart.add_series(
                {
                    "name": table.heading(column),
                    "categories": table.cells(0),
                    "values": table.cells(column),
                    "line": {
                        "width": 1.5,
                        "color": _CHART_COLORS[color],
                        "dash_type": _CHART_DASHES[rounds % len(_CHART_DASHES)],
                    },
                }
            )
        since, until, step = _time_axis(
            self._source.since_wall_seconds, self._source.until_wall_seconds
        )
        clock = "hh:mm:ss" if step < 60 else "hh:mm" if step < 86_400 else "mm-dd"
        if 3600 <= step < 86_400:
            clock = "mm-dd hh:mm"
        line = {"color": _AXIS_COLOR}
        chart.set_title({"name": title, "name_font": {"size": 12}})
        chart.set_x_axis(
            {
                "num_format": clock,
                "min": since,
                "max": until,
                "major_unit": step / 86_400,
                "major_gridlines": {"visible": False},
                "line": line,
            }
        )
        chart.set_y_axis(
            {
                "name": "MiB",
                "min": 0,
                "num_format": "#,##0",
                "major_gridlines": {"visible": True, "line": {"color": _GRID_COLOR}},
                "line": line,
            }
        )
        chart.set_legend({"position": "bottom"})
        chart.show_blanks_as("gap")
        chart.set_size({"width": 740, "height": 340})
        (onto or table.sheet).insert_chart(*at, chart)

    def _alert_columns(self) -> list[_Column]:
        texts = (
            (_("Subject"), 20),
            (_("Level"), 12),
            (_("Title"), 40),
            (_("What"), 12),
            (_("Reason"), 30),
        )
        return [
            _Column(_("Time"), self._formats.time, 19.0),
            *(_Column(heading, None, width) for heading, width in texts),
            _Column(_("Text"), None, 80.0),
        ]

    def _cleanup_columns(self) -> list[_Column]:
        sizes = (
            _("Before, MiB"),
            _("After, MiB"),
            _("Freed, MiB"),
            _("A minute later, MiB"),
            _("Kept, MiB"),
        )
        return [
            _Column(_("Time"), self._formats.time, 19.0),
            _Column(_("Subject"), None, 20.0),
            *(_Column(heading, self._formats.mib) for heading in sizes),
            _Column(_("Text"), None, 80.0),
        ]

    def _task_columns(self) -> list[_Column]:
        return [
            _Column(_("Time"), self._formats.time, 19.0),
            _Column(_("Target"), None, 20.0),
            _Column(_("Task"), None, 30.0),
            _Column(_("Seconds"), self._formats.plain),
            _Column(_("Kept, MiB"), self._formats.change),
            _Column(_("Peak above start, MiB"), self._formats.mib),
            _Column(_("Growth, MiB"), self._formats.change),
            _Column(_("Failed by"), None, 20.0),
        ]


def _alert(event: Event) -> list[object]:
    data = event.data
    return [
        _clock(event.wall_seconds),
        event.subject,
        level_said(event.level) or None,
        event.text,
        decision_said(str(data["what"])) if "what" in data else None,
        data.get("reason"),
        data.get("body"),
    ]


def _cleanup(event: Event) -> list[object]:
    keys = ("before_bytes", "after_bytes", "freed_bytes", "later_bytes", "kept_bytes")
    sizes = (event.data.get(key) for key in keys)
    return [
        _clock(event.wall_seconds),
        event.subject,
        *(_mib(size) if isinstance(size, (int, float)) else None for size in sizes),
        event.text,
    ]


def _task(event: Event) -> list[object]:
    data = event.data
    peak, growth = data.get("peak_growth_bytes"), data.get("growth_bytes")
    return [
        _clock(event.wall_seconds),
        event.subject,
        data.get("task") or event.text,
        data.get("seconds"),
        _mib(kept_of(event)),
        _mib(peak) if isinstance(peak, (int, float)) else None,
        _mib(growth) if isinstance(growth, (int, float)) else None,
        data.get("failed"),
    ]


def _label(series: Series) -> str:
    label = _LABELS.get(series.metric)
    stem, _separator, unit = series.metric.rpartition("_")
    name = _(label) if label else stem.replace("_", " ").capitalize()
    text = {"bytes": _("{name}, MiB"), "percent": _("{name}, %")}.get(unit, "{name}")
    heading = text.format(name=name)
    return _("Memtray: {heading}").format(heading=heading) if series.kind == "app" else heading


def _style(series: Series, formats: _Formats) -> Any:
    return formats.mib if series.metric.endswith("_bytes") else formats.plain


def _value(series: Series, cell: Cell | None) -> float | None:
    if cell is None:
        return None
    return cell.maximum / MIB if series.metric.endswith("_bytes") else cell.maximum


def _mib(size_bytes: float | None) -> float | None:
    return None if size_bytes is None else size_bytes / MIB


def _clock(wall_seconds: float | None) -> datetime | None:
    return None if wall_seconds is None else datetime.fromtimestamp(wall_seconds)


def _time_axis(since: float, until: float) -> tuple[float, float, int]:
    """Both ends of a chart's time axis, as spreadsheets count, and its step in seconds.

    A spreadsheet counts its ticks from the beginning of the axis: that must be round.
    """
    span = max(1.0, until - since)
    step = next((one for one in _TICK_SECONDS if span / one <= _MOST_TICKS), _TICK_SECONDS[-1])
    first = math.floor(_serial(since) * 86_400 / step + 1e-6) * step
    # Days are told to a few millionths of a second.
    last = math.ceil(_serial(since + span) * 86_400 / step - 1e-6) * step
    return first / 86_400, last / 86_400, step


def _serial(wall_seconds: float) -> float:
    """A moment as spreadsheets count: days of the local clock since the end of 1899."""
    return (datetime.fromtimestamp(wall_seconds) - datetime(1899, 12, 30)).total_seconds() / 86_400


def _letters(text: str) -> int:
    """How wide a text is, in letters; those of East Asia are twice as wide."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)

"""Sheets of a workbook: tables that grow downwards, and timelines with their gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from unicodedata import east_asian_width

from trayapp.dataclass import NamedTuple
from trayapp.domain.judging.monitor_values import OUTSIDE_KIND
from trayapp.domain.records.series import Series
from trayapp.export.number_rows import NumberRows
from trayapp.export.safe_names import plain_text
from trayapp.language.catalogue import N_, _
from trayapp.language.units import MIB

_A4 = 9
_LINE_POINTS = 15.5
_HEADING_LINES, _WIDEST = 2, 60
"""Columns are as wide as it takes for their headings to need no more lines, within reason."""
_HEADING = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}
_TIME = "yyyy-mm-dd hh:mm:ss"
_STYLES: dict[str, dict[str, object]] = {
    "heading": _HEADING,
    "number_heading": {**_HEADING, "align": "right"},
    "time_heading": {**_HEADING, "align": "center"},
    "label": {"bold": True},
    # To the left: a text follows it in the next column.
    "time": {"num_format": _TIME, "align": "left"},
    "time_after_number": {"num_format": _TIME, "align": "center"},
    "mib": {"num_format": "#,##0.0"},
    "change": {"num_format": "+#,##0.0;-#,##0.0;0.0"},
    "share": {"num_format": "+0.0%;-0.0%;0.0%"},
    "plain": {"num_format": "#,##0.##"},
    "count": {"num_format": "#,##0"},
}
_HEADING_STYLES = {"": "heading", "time": "heading", "time_after_number": "time_heading"}
"""Headings stand as their cells do; all others hold numbers."""
_LABELS = {
    "used_bytes": N_("Used"),
    "total_bytes": N_("Total"),
    "swap_used_bytes": N_("Swap used"),
    "rss_bytes": N_("Memory (RSS)"),
    "anon_bytes": N_("Anonymous"),
    "uss_bytes": N_("Private (USS)"),
    "pss_bytes": N_("Proportional (PSS)"),
    "swap_bytes": N_("Swapped"),
    "size_bytes": N_("Memory, shared pages counted once"),
    "kept_bytes": N_("Anonymous and private shared"),
    "virtual_bytes": N_("Virtual size"),
    "committed_bytes": N_("Committed"),
    "kernel_peak_bytes": N_("Kernel peak"),
    "cpu_percent": N_("CPU, % of a core"),
    "heap_live_bytes": N_("Heap after collection"),
    "heap_used_bytes": N_("Heap in use"),
    "heap_free_bytes": N_("Free in the C library"),
    "arena_free_bytes": N_("Free in Python's arenas"),
    "caches_bytes": N_("Caches"),
    "components_bytes": N_("Components"),
    "fragmentation_percent": N_("Fragmentation, %"),
    "collecting_percent": N_("Collecting, % of the time"),
    "running_task_count": N_("Running tasks"),
    "hugepages_reserved_bytes": N_("Reserved as huge pages"),
    "shared_bytes": N_("Shared memory and files in memory"),
    "slab_unreclaimable_bytes": N_("Kernel objects"),
    "page_tables_bytes": N_("Page tables"),
    "zram_bytes": N_("Compressed disk in memory (zram)"),
    "sockets_bytes": N_("Network buffers"),
    "unexplained_bytes": N_("Unexplained"),
    "process_count": N_("Processes"),
}

Formats = Mapping[str, Any]
"""XlsxWriter's formats by the names of `_STYLES`."""


def add_formats(workbook: Any) -> Formats:
    return {name: workbook.add_format(style) for name, style in _STYLES.items()}


class Column(NamedTuple):
    """A column with its heading and the style of its cells."""

    heading: str
    style: str = ""
    """Of its cells, one of `_STYLES`; empty: text."""
    width: float = 12.0


class Sheet:
    """A table that grows downwards below frozen headings; cells are dates, numbers or text."""

    def __init__(
        self,
        sheet: Any,
        formats: Formats,
        columns: Sequence[Column],
        above: Sequence[tuple[str, object]] = (),
    ) -> None:
        """`above`: labels and values in rows of their own above the headings."""
        self.sheet = sheet
        self._formats = [formats.get(column.style) for column in columns]
        lines = 1
        for place, column in enumerate(columns):
            letters = _letters(column.heading)
            width = min(_WIDEST, max(column.width, letters / _HEADING_LINES + 4))
            lines = max(lines, -(-letters // int(width - 3)))
            sheet.set_column(place, place, width)
        for row, (label, value) in enumerate(above):
            sheet.write_string(row, 0, label, formats["label"])
            self._write_cell(row, 1, value, formats["time"] if _is_time(value) else None)
        self.heading_row = len(above) + bool(above)
        # A row written line by line does not find its own height.
        sheet.set_row(self.heading_row, _LINE_POINTS * max(_HEADING_LINES, lines))
        for place, column in enumerate(columns):
            style = formats[_HEADING_STYLES.get(column.style, "number_heading")]
            sheet.write_string(self.heading_row, place, column.heading, style)
        sheet.freeze_panes(self.heading_row + 1, 1)
        # On paper: as wide as a page, with the headings on each.
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(self.heading_row)
        self.row = self.heading_row
        """The last one that was written."""
        self._numbers = NumberRows(sheet, self._formats)

    def add(self, values: Sequence[object]) -> None:
        """Write the next row; None leaves a cell empty."""
        self.row += 1
        for place, value in enumerate(values):
            if value is not None:
                self._write_cell(self.row, place, value, self._formats[place])

    def add_numbers(self, columns: tuple[int, ...], values: tuple[float, ...]) -> None:
        """Write the next row, of numbers only, into some of the columns; times as `serial`."""
        self.row += 1
        self._numbers.write(self.row, columns, values)

    def cells(self, column: int) -> list[object]:
        """Return the range of a whole column, as a chart refers to it."""
        return [self.sheet.name, self.heading_row + 1, column, self.row, column]

    def heading(self, column: int) -> list[object]:
        """Return the place of a heading: a chart might take a text of its own for a formula."""
        return [self.sheet.name, self.heading_row, column]

    def _write_cell(self, row: int, column: int, value: object, style: Any) -> None:
        if _is_time(value):
            self.sheet.write_datetime(row, column, value, style)
        elif isinstance(value, (int, float)):
            self.sheet.write_number(row, column, value, style)
        else:
            self.sheet.write_string(row, column, plain_text(" ".join(str(value).split())), style)


def series_column(series: Series) -> Column:
    """Return the column for what is measured by a series."""
    label = _LABELS.get(series.metric)
    stem, _separator, unit = series.metric.rpartition("_")
    name = _(label) if label else stem.replace("_", " ").capitalize()
    text = {"bytes": _("{name}, MiB"), "percent": _("{name}, %")}.get(unit, "{name}")
    if label and unit == "percent":
        # Of what, is in the label, with the unit.
        text = "{name}"
    heading = text.format(name=name)
    if series.kind == "app":
        heading = _("Memtray: {heading}").format(heading=heading)
    elif series.kind == OUTSIDE_KIND:
        heading = _("{name}, MiB").format(name=plain_text(series.name))
    return Column(heading, "mib" if unit == "bytes" else "plain")


def in_mib(size_bytes: object) -> float | None:
    return size_bytes / MIB if isinstance(size_bytes, (int, float)) else None


def clock(wall_seconds: float | None) -> datetime | None:
    """Return a moment by the local clock, as spreadsheets know no other."""
    return None if wall_seconds is None else datetime.fromtimestamp(wall_seconds)


def _is_time(value: object) -> bool:
    return isinstance(value, datetime)


def _letters(text: str) -> int:
    """Return the width of a text in letters; those of East Asia count twice."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)

"""The workbook, `.xlsx`: for reading and charting without Memtray."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from trayapp import __version__
from trayapp.dataclass import NamedTuple
from trayapp.domain.grouping.tasks import kept_of
from trayapp.domain.judging.transitions import decision_said
from trayapp.domain.records.levels import level_said
from trayapp.domain.records.series import PROGRAM_KINDS, Event
from trayapp.errors import ExportError
from trayapp.export.parts import Part
from trayapp.export.safe_names import plain_text, sheet_names
from trayapp.export.sheets import (
    Column,
    Sheet,
    add_formats,
    clock,
    in_mib,
    series_column,
)
from trayapp.export.source import MACHINE_KINDS, Source, Summary, find_step, summarize
from trayapp.export.timelines import TargetSheet, Timeline
from trayapp.export.workbook_charts import insert_chart
from trayapp.language.catalogue import N_, _, format_number
from trayapp.language.extras import WORKBOOK, what_it_needs

MOST_ROWS = 50_000
"""Of a timeline; longer ones get wider rows, so that a spreadsheet still opens them with ease."""
MOST_CELLS = 4_000_000
MOST_TARGET_SHEETS = 200
"""Each keeps a file open while it is written."""
MOST_IN_CHART = 10
_BESIDE = 30
"""With more targets charts stand beside their table, not below it."""
_MOST_WIDE = 16_000
"""Excel has 16,384 columns."""
_MOST_EVENTS = 1_000_000


class _EventColumn(NamedTuple):
    heading: str
    value: Callable[[Event], object]
    style: str = ""
    width: float = 12.0


def _datum(key: str) -> Callable[[Event], object]:
    return lambda event: event.data.get(key)


def _size(heading: str, key: str, style: str = "mib") -> _EventColumn:
    return _EventColumn(heading, lambda event: in_mib(event.data.get(key)), style)


def _what(event: Event) -> str | None:
    return decision_said(str(event.data["what"])) if "what" in event.data else None


_TIME = _EventColumn(N_("Time"), lambda event: clock(event.wall_seconds), "time", 19.0)
_SUBJECT = _EventColumn(N_("Subject"), lambda event: event.subject, "", 20.0)
_EVENT_SHEETS = {
    N_("Alerts"): (
        ("alert",),
        (
            _TIME,
            _SUBJECT,
            _EventColumn(N_("Level"), lambda event: level_said(event.level) or None),
            _EventColumn(N_("Title"), lambda event: event.text, "", 40.0),
            _EventColumn(N_("What"), _what),
            _EventColumn(N_("Reason"), _datum("reason"), "", 30.0),
            _EventColumn(N_("Text"), _datum("body"), "", 80.0),
        ),
    ),
    N_("Freed memory"): (
        ("cleanup", "cleanup_follow_up"),
        (
            _TIME,
            _SUBJECT,
            _size(N_("Before, MiB"), "before_bytes"),
            _size(N_("After, MiB"), "after_bytes"),
            _size(N_("Freed, MiB"), "freed_bytes"),
            _size(N_("A minute later, MiB"), "later_bytes"),
            _size(N_("Stayed free, MiB"), "kept_bytes"),
            _EventColumn(N_("Text"), lambda event: event.text, "", 80.0),
        ),
    ),
    N_("Tasks"): (
        ("task",),
        (
            _TIME,
            _SUBJECT._replace(heading=N_("Program")),
            _EventColumn(N_("Task"), lambda event: event.data.get("task") or event.text, "", 30.0),
            _EventColumn(N_("Seconds"), _datum("seconds"), "plain"),
            _EventColumn(N_("Kept, MiB"), lambda event: in_mib(kept_of(event)), "change"),
            _size(N_("Peak above start, MiB"), "peak_growth_bytes"),
            _size(N_("Growth, MiB"), "growth_bytes", "change"),
            _EventColumn(N_("Error"), _datum("failed"), "", 20.0),
        ),
    ),
}
"""By its name: the kinds of events on a sheet, and its columns."""
_OWN_SHEETS = (N_("Session"), N_("System timeline"), N_("Programs timeline"), *_EVENT_SHEETS)


def write(path: Path, source: Source) -> None:
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
        raise ExportError(what_it_needs(_("an .xlsx workbook"), WORKBOOK)) from error
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
        raise ExportError(_("cannot create the workbook: {reason}").format(reason=cause)) from error
    finally:
        for sheet in workbook.worksheets():
            with suppress(OSError):  # what it still held back has no room either
                sheet.row_data_fh.close()


class _Book:
    """All sheets. The rows go to all timelines as they stream by; the first sheet is last."""

    def __init__(self, workbook: Any, source: Source) -> None:
        self._workbook = workbook
        self._source = source
        self._formats = add_formats(workbook)
        self._machine = [
            place for place, one in enumerate(source.series) if one.kind in MACHINE_KINDS
        ]
        self._sizes = {
            one.name: place
            for place, one in enumerate(source.series)
            if one.kind in PROGRAM_KINDS and one.metric == "rss_bytes"
        }
        self._wide = list(self._sizes)[:_MOST_WIDE]
        # Each size stands in the wide sheet, too, and in three columns and changes of its own.
        width = len(source.series) + 7 * len(self._sizes) + 3
        span = source.until_wall_seconds - source.since_wall_seconds
        self._step_seconds = find_step(span, max(1000, min(MOST_ROWS, MOST_CELLS // width)))

    def write(self) -> None:
        """Write everything, in one pass over the history."""
        source = self._source
        session = self._workbook.add_worksheet(_("Session"))
        machine = self._add_timeline(
            _("System timeline"), [series_column(source.series[place]) for place in self._machine]
        )
        text = _("{name}, MiB")
        wide = self._add_timeline(
            _("Programs timeline"),
            [Column(text.format(name=plain_text(name)), "mib") for name in self._wide],
        )
        own = source.targets[:MOST_TARGET_SHEETS]
        targets = [
            TargetSheet(
                self._workbook.add_worksheet(title), self._formats, name, source, self._step_seconds
            )
            for name, title in zip(own, sheet_names(own, map(_, _OWN_SHEETS)), strict=True)
        ]
        events = {
            name: self._add_sheet(
                _(name), [Column(_(one.heading), one.style, one.width) for one in columns]
            )
            for name, (_kinds, columns) in _EVENT_SHEETS.items()
        }
        summaries = {name: Summary() for name in source.targets}
        sizes = {place: summaries[name] for name, place in self._sizes.items()}
        for together in source.columns(self._step_seconds, whole=sizes):
            summarize(together, sizes)
            part = Part(together, source.series)
            machine.add(part, list(map(part.shown, self._machine)))
            wide.add(part, [part.shown(self._sizes[name]) for name in self._wide])
            for target in targets:
                target.add(part)
        for name, (kinds, columns) in _EVENT_SHEETS.items():
            for event in source.events(kinds):
                if events[name].row < _MOST_EVENTS:
                    events[name].add([column.value(event) for column in columns])
        for target in targets:
            table = target.table
            self._insert_chart(
                table, _("Memory"), [3], table.sheet, (table.heading_row, target.width)
            )
        self._write_session(session, summaries, machine.sheet, wide.sheet)

    def _add_sheet(self, name: str, columns: Sequence[Column]) -> Sheet:
        return Sheet(self._workbook.add_worksheet(name), self._formats, columns)

    def _add_timeline(self, name: str, columns: Sequence[Column]) -> Timeline:
        time = Column(_("Time"), "time", 19.0)
        return Timeline(self._add_sheet(name, [time, *columns]), self._step_seconds)

    def _write_session(
        self, sheet: Any, summaries: Mapping[str, Summary], machine: Sheet, wide: Sheet
    ) -> None:
        source = self._source
        counts = source.counts()
        columns = [
            Column(_("Program"), "", 28.0),
            Column(_("Current, MiB"), "mib", 19.0),
            Column(_("Peak, MiB"), "mib"),
            Column(_("Minimum, MiB"), "mib"),
            Column(_("Growth, MiB"), "change"),
            Column(_("Restarts"), "count"),
            Column(_("Alerts"), "count"),
            Column(_("First seen"), "time_after_number", 22.0),
            Column(_("Last seen"), "time_after_number", 22.0),
        ]
        table = Sheet(sheet, self._formats, columns, self._session_facts())
        for name in source.targets:
            one, count = summaries[name], counts[name]
            table.add(
                [
                    name,
                    *map(in_mib, (one.current, one.peak, one.minimum, one.growth)),
                    count.restarts,
                    count.alerts,
                    clock(one.first_wall_seconds),
                    clock(one.last_wall_seconds),
                ]
            )
        used = [
            number
            for number, place in enumerate(self._machine, 1)
            if source.series[place].kind == "system"
            and source.series[place].metric in ("used_bytes", "swap_used_bytes")
        ]
        is_below = len(source.targets) <= _BESIDE
        first, second = (
            ((table.row + 2, 0), (table.row + 2, 7)) if is_below else ((0, 10), (18, 10))
        )
        self._insert_chart(machine, _("System"), used, sheet, first)
        by_size = sorted(self._wide, key=lambda name: -(summaries[name].peak or 0.0))
        largest = [1 + self._wide.index(name) for name in by_size[:MOST_IN_CHART]]
        self._insert_chart(wide, _("Largest programs"), largest, sheet, second)

    def _session_facts(self) -> list[tuple[str, object]]:
        now = datetime.now().astimezone()
        zone = _("local, {zone} (UTC{offset})").format(zone=f"{now:%Z}", offset=f"{now:%z}")
        facts: list[tuple[str, object]] = [
            (_("Exported by"), f"Memtray {__version__}"),
            (_("Exported at"), now.replace(tzinfo=None)),
            (_("Time zone"), zone),
            (_("From"), clock(self._source.since_wall_seconds)),
            (_("Until"), clock(self._source.until_wall_seconds)),
            (_("Rows"), self._row_note()),
            (
                _("Values"),
                _("sizes in MiB; timelines show the maximum of the time each row covers"),
            ),
        ]
        if len(self._source.targets) > MOST_TARGET_SHEETS:
            text = _("only the first {count} programs have their own sheet")
            facts.append((_("Sheets"), text.format(count=MOST_TARGET_SHEETS)))
        return facts

    def _row_note(self) -> str:
        if not self._step_seconds:
            return _("one for each stored sample")
        seconds = format_number(self._step_seconds, None)
        return _("one every {seconds} s").format(seconds=seconds)

    def _insert_chart(
        self, table: Sheet, title: str, columns: Sequence[int], onto: Any, at: tuple[int, int]
    ) -> None:
        span = self._source.since_wall_seconds, self._source.until_wall_seconds
        insert_chart(self._workbook, table, title, columns, span, onto, at)

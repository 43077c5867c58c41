"""Rows of a table, put into series: one of each program and column of memory.

For tables with headings, however their cells were separated, and for objects of JSON. Rows are
kept only until it is decided what the columns are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, timedelta, timezone

from trayapp.dataclass import dataclass
from trayapp.domain.records.names import short_name
from trayapp.language.catalogue import _
from trayapp.language.units import format_size
from trayapp.recording.clocks import Clock
from trayapp.recording.columns import (
    NOTHING,
    Columns,
    MemoryColumn,
    cell,
    decide,
)
from trayapp.recording.doubts import is_doubtful, unit_is_missing
from trayapp.recording.gathering import WALL_FROM, Gathered, Gathering
from trayapp.recording.instructions import NO_INSTRUCTIONS, Instructions
from trayapp.recording.quantities import number_in, size_in
from trayapp.recording.records import Kind
from trayapp.recording.time_titles import is_pdh, zone_of_pdh

STUDIED_ROWS = 400
"""So many rows are looked at to decide what the columns are."""


@dataclass(slots=True)
class _Program:
    """A program whose rows are being read."""

    label: str
    pid: int | None
    series: list[Gathered | None]
    last: float = -math.inf
    first: float = math.nan
    step: float = 0.0
    offset: float = 0.0
    run: str = ""


@dataclass(slots=True)
class _Restart:
    """A clock of seconds since the start that began again."""

    offset: float = 0.0
    number: int = 0


class Rows:
    """Takes the rows of one table, in their order."""

    def __init__(
        self,
        found: Gathering,
        titles: Sequence[str],
        *,
        instructions: Instructions = NO_INSTRUCTIONS,
        is_semicolon: bool = False,
    ) -> None:
        """`titles`: of the columns; `is_semicolon`: as for `quantities.number_style`."""
        self._found = found
        self.titles = [title.strip() for title in titles]
        self._instructions = instructions
        self._is_semicolon = is_semicolon
        self.clock = Clock(zone=_zone(instructions, self.titles))
        self._decided: Columns | None = None
        self._kept: list[tuple[int, Sequence[str]]] = []
        self._programs: dict[object, _Program] = {}
        self._is_begun = False
        self._restart = _Restart()
        self._moments = 0
        self._last_good = math.nan

    @property
    def _columns(self) -> Columns:
        assert self._decided is not None  # noqa: S101  (asked only once rows are put)
        return self._decided

    def add_row(self, number: int, row: Sequence[str]) -> None:
        """Take in a row; `number` is that of its line.

        Raises: RecordingError if the table has no time or no memory.
        """
        if self._decided is None:
            self._kept.append((number, row))
            if len(self._kept) >= STUDIED_ROWS:
                self._begin()
            return
        self._store_row(number, row)

    def headings_again(self) -> None:
        """The line of headings stands there once more: another run, unless it does so each time."""
        if self._decided is None:
            self._kept.append((0, ()))
        elif self._moments > 1:
            self._found.begin_run()
        self._moments = 0

    def finish(self) -> None:
        if self._decided is None:
            self._begin()
        columns = self._columns
        for note in self.clock.notes:
            self._found.note(note)
        if (shift := self.clock.shift_seconds(self._last_good)) or self.clock.is_dateless:
            self._found.shift_seconds += shift
            self._found.note(_("it has only times of day; the date is that of the file"))
        self._review_columns(columns)
        for title, reason in columns.left_out:
            self._found.leave_out(title, reason)

    def _begin(self) -> None:
        rows = [row for _number, row in self._kept if row]
        path = self._found.path
        self.clock = Clock(
            zone=_zone(self._instructions, self.titles),
            title=self._time_title(rows),
            latest_wall_seconds=path.stat().st_mtime,
        )
        if self.titles and is_pdh(self.titles[0]):
            self.clock.order = "mdy"
        self._decided = decide(
            path, self.titles, rows, self.clock, self._instructions, is_semicolon=self._is_semicolon
        )
        kept, self._kept = self._kept, []
        for number, row in kept:
            if row:
                self._store_row(number, row)
            else:
                self.headings_again()

    def _time_title(self, rows: Sequence[Sequence[str]]) -> str:
        trial = Clock(zone=_zone(self._instructions, self.titles))
        columns = decide(
            self._found.path, self.titles, rows, trial, self._instructions,
            is_semicolon=self._is_semicolon,
        )  # fmt: skip
        return " ".join(self.titles[at] for at in columns.times)

    def _store_row(self, number: int, row: Sequence[str]) -> None:
        columns = self._columns
        times = columns.times
        at = times[0]
        text = row[at] if at < len(row) else ""
        if len(times) > 1:
            text = f"{text.strip()} {cell(row, times[1])}"
        seconds = self.clock.read(text)
        if seconds != seconds:
            seconds = self._time_of_untimed(number, row, text)
            if seconds != seconds:
                return
        if seconds != self._last_good:
            self._moments += 1
            self._last_good = seconds
        who = columns.who
        if len(who) == 1:
            key: object = row[who[0]] if who[0] < len(row) else ""
        else:
            key = tuple([row[one] if one < len(row) else "" for one in who])
        program = self._programs.get(key)
        if program is None:
            program = self._find_program(key, row)
        if columns.run is not None:
            self._follow_run(program, cell(row, columns.run))
        if seconds < WALL_FROM:
            seconds = self._elapsed(program, seconds, row)
        self._sizes(program, number, row, seconds)

    def _sizes(self, program: _Program, number: int, row: Sequence[str], seconds: float) -> None:
        columns = self._columns
        children = math.nan
        if columns.children is not None:
            children = number_in(cell(row, columns.children))
        length = len(row)
        is_read = is_empty = False
        for place, column in enumerate(columns.memory):
            text = row[column.at] if column.at < length else ""
            try:
                size = float(text) * column.factor
                if not -1e18 < size < 1e18:
                    size = math.nan
            except ValueError:
                size = size_in(text, column.factor, column.style)
                if size != size:
                    is_empty = is_empty or text.strip().lower() in NOTHING
                    series = program.series[place]
                    if series is not None:
                        series.add(seconds, size, children=children)
                    continue
                if text[-1:].isalpha() or "/" in text:
                    column.cells_have_units = True
            is_read = True
            series = program.series[place]
            if series is None:
                series = self._series(program, place, column)
            series.add(seconds, size, children=children)
        if not is_read and not is_empty:
            column = columns.memory[0]
            text = cell(row, column.at)
            why = _("not a size: {cell}").format(cell=repr(short_name(text, 30)))
            self._found.pass_over(number, " ".join(row), why)

    def _time_of_untimed(self, number: int, row: Sequence[str], text: str) -> float:
        """The time of a row that tells none that can be read; NaN if it has none."""
        if not any(one.strip() for one in row):
            return math.nan
        if not text.strip() and self._last_good == self._last_good and len(row) > 1:
            # The time stands only in the first of several rows.
            return self._last_good
        why = _("not a time: {cell}").format(cell=repr(short_name(text.strip(), 30)))
        self._found.pass_over(number, " ".join(row), why)
        return math.nan

    def _find_program(self, key: object, row: Sequence[str]) -> _Program:
        columns = self._columns
        identity, label, pid = _owner_of(columns, row)
        for known in (identity, ("label", identity)):
            if (program := self._programs.get(known)) is not None:
                self._programs[key] = program
                return program
        program = _Program(label, pid, [None] * len(columns.memory))
        self._programs[key] = self._programs["label", identity] = program
        return program

    def _series(self, program: _Program, place: int, column: MemoryColumn) -> Gathered:
        columns = self._columns
        name = program.label
        if len(columns.memory) > 1 or not name:
            name = f"{program.label} {column.title}".strip()
        kind: Kind = column.meaning.kind or "memory"
        if not program.label and column.meaning.is_machine:
            kind = "machine"
        series = self._found.series((id(program), place), name, pid=program.pid, kind=kind)
        program.series[place] = series
        return series

    def _follow_run(self, program: _Program, run: str) -> None:
        if run and program.run and run != program.run:
            for series in program.series:
                if series is not None:
                    series.begin_run()
        program.run = run or program.run

    def _elapsed(self, program: _Program, seconds: float, row: Sequence[str]) -> float:
        """Seconds since the start of the first run, or since 1970 if another column tells."""
        if seconds < program.last:
            first = program.first
            if program.last > first and seconds <= (first + program.last) / 2:
                self._began_again(program, seconds)
        else:
            if math.isnan(program.first):
                program.first = seconds
            if seconds > program.last > -math.inf:
                program.step = seconds - program.last
            program.last = seconds
        if not self._is_begun:
            self._is_begun = True
            wall = self._wall(row)
            self._found.began_wall_seconds = None if wall != wall else wall - seconds
        return seconds + program.offset

    def _began_again(self, program: _Program, seconds: float) -> None:
        total = program.last + program.offset
        if self._restart.offset > program.offset and seconds + self._restart.offset > total:
            program.offset = self._restart.offset
        else:
            program.offset = total - seconds + program.step
            self._restart = _Restart(program.offset, self._restart.number + 1)
        program.first = program.last = seconds
        for series in program.series:
            if series is not None:
                series.begin_run()

    def _wall(self, row: Sequence[str]) -> float:
        """Seconds since 1970 by another column; NaN without one."""
        columns = self._columns
        for at in columns.other_times:
            clock = Clock(zone=self._instructions.timezone, title=self.titles[at])
            seconds = clock.read(cell(row, at))
            if seconds >= WALL_FROM and not clock.is_dateless:
                return seconds
        return math.nan

    def _review_columns(self, columns: Columns) -> None:
        """Doubt, now that all is known, what cannot be memory in use; say what was taken."""
        for place, column in enumerate(columns.memory):
            owners = [one for one in self._programs.values() if one.series[place] is not None]
            several = list({id(one): one for one in owners}.values())
            series = [one for program in several if (one := program.series[place]) is not None]
            if not series:
                continue
            reason = ""
            if not column.is_unit_known and not column.cells_have_units:
                reason = unit_is_missing(series, column.meaning.kind)
            if not reason and column.meaning.strength < 3:
                reason = self._doubt(columns, several, place)
            if reason:
                for key, one in list(self._found.everyone.items()):
                    if any(one is other for other in series):
                        self._found.drop(key)
                columns.left_out.insert(0, (column.title, reason))
            else:
                self._found.mark_read(column.title, _meaning(column))

    def _doubt(self, columns: Columns, programs: Sequence[_Program], place: int) -> str:
        resident = next(
            (
                at
                for at, column in enumerate(columns.memory)
                if column.meaning.kind == "resident set" and at != place
            ),
            None,
        )
        if resident is None:
            return ""
        pairs = [(one.series[place], one.series[resident]) for one in programs]
        doubts = [
            is_doubtful(mine, rss) for mine, rss in pairs if mine is not None and rss is not None
        ]
        if doubts and all(doubts):
            return _("it only rises while the resident set does not: a counter or a peak")
        return ""


def _owner_of(columns: Columns, row: Sequence[str]) -> tuple[tuple[str, ...], str, int | None]:
    """Return what tells a program from the others, its name for people, and its pid."""
    identity: list[str] = []
    words: list[str] = []
    spare: list[str] = []
    pid_text = ""
    for at in columns.who:
        text = cell(row, at)
        if at in columns.commands:
            program = text.split(" ", 1)[0]
            text = program.rsplit("/", 1)[-1] if program.startswith("/") else program
            text = text.rstrip(":")
        identity.append(text)
        if at == columns.pid:
            pid_text = text
        elif _is_id(text):
            spare.append(text)
        elif text and text not in words:
            words.append(text)
    label = " ".join(words or spare[:1])
    pid = int(pid_text) if pid_text.isdecimal() and len(pid_text) <= 10 else None
    if pid_text:
        label = f"{label} {pid_text}".strip()
    return tuple(identity), label, pid


def _is_id(text: str) -> bool:
    """Whether it is a number of letters that nobody reads, as containers have."""
    plain = text.replace("-", "")
    return (
        len(plain) >= 6
        and all(one in "0123456789abcdef" for one in plain.lower())
        and any(one.isdigit() for one in plain)
    )


def _zone(instructions: Instructions, titles: Sequence[str]) -> timezone | None:
    if instructions.timezone is not None:
        return instructions.timezone  # type: ignore[return-value]
    minutes = zone_of_pdh(titles[0]) if titles else None
    if minutes is None or abs(minutes) > 14 * 60:
        return None
    return UTC if minutes == 0 else timezone(-timedelta(minutes=minutes))


def _meaning(column: MemoryColumn) -> str:
    """Describe the meaning of a column in a part of a sentence."""
    kind = _(column.meaning.kind or "memory")
    unit = column.meaning.unit
    if not unit and column.cells_have_units:
        return _("{kind}, in the units of its cells").format(kind=kind)
    if not unit and column.factor == 1.0:
        unit = _("bytes")
    return _("{kind}, in {unit}").format(kind=kind, unit=unit or format_size(column.factor))

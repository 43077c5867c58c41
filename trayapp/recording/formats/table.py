"""Tables with a time column and memory columns: our own, and most that others write.

The time column is called `t_s`, `time`, `timestamp`, `seconds`, `elapsed`, `date` or the like; it
holds seconds (milliseconds if its name ends in `ms`), seconds since 1970, or ISO 8601 dates.
A memory column says in its name that it is memory (rss, anon, uss, pss, heap, mem, used, bytes…)
and may name its unit: kB, MB and GB are powers of 1024 there, as in ps, top and psrecord; without
one it is bytes. What is a limit, total, maximum or free is left out. A cell that is empty or no
number is unknown; one with a unit of its own ("12.5 MiB") is taken by it. Commas, semicolons or
tabs separate; with semicolons numbers may have a decimal comma. Lines before the headings may be
comments that begin with "#". In a table of one program a column `instance` or the like tells of
restarts, and one like `n_procs` how many processes it was.
Of what `memtray export` wrote, resident and anonymous sizes are read: the others are of the same
targets.
"""

from __future__ import annotations

import csv
import math
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice, pairwise, zip_longest
from pathlib import Path

from trayapp.domain.language import N_, _, format_count
from trayapp.domain.units import GIB, KIB, MIB
from trayapp.errors import RecordingError
from trayapp.recording.csv_writing import TIME_COLUMNS
from trayapp.recording.gathering import Gathering
from trayapp.recording.meaning import is_memory_name
from trayapp.recording.records import Recording, Track, known_or_none, known_rows
from trayapp.recording.source import Source, Start

MOST_VALUES = 100_000_000
"""Beyond these a table is cut off: 800 MB of memory are enough."""
LONGEST_LINE = 1_000_000
CUT_OFF = N_("cut off in the middle of writing; what comes before is shown")
_ROWS_AT_ONCE = 5000
_TIME_NAMES = (
    "t_s", "t_ms", "elapsed_seconds", "elapsed_s", "elapsed_ms", "elapsed", "seconds", "t",
    "monotonic_seconds", "timestamp", "timestamp_ms", "time", "time_s", "time_ms", "wall_seconds",
    "unix_s", "unix_ms", "unix", "epoch_s", "epoch_ms", "epoch", "datetime", "date", "ts",
)  # fmt: skip
"""The more exact first."""
_TIME_WORDS = {"time", "timestamp", "seconds", "elapsed", "date", "datetime"}
_MEMORY_WORDS = {
    "rss", "anon", "uss", "pss", "heap", "resident", "private", "mem", "memory", "used", "bytes",
    "size", "vmrss", "workingset", "kb", "kib", "mb", "mib", "gb", "gib",
}  # fmt: skip
_OTHER_WORDS = {
    "limit", "total", "free", "available", "avail", "max", "maximum", "peak", "hwm", "vmhwm", "vsz",
    "vms", "virtual", "virt", "percent", "pct", "share", "cpu", "read", "write", "written", "disk",
    "net", "io", "sent", "received", "cached", "buffers",
}  # fmt: skip
_RUN_NAMES = ("instance", "run", "restart", "restarts", "restart_count")
_CHILDREN_NAMES = ("n_procs", "process_count", "processes", "procs", "children")
_UNITS = {"kb": KIB, "kib": KIB, "mb": MIB, "mib": MIB, "gb": GIB, "gib": GIB}
_WALL_FROM = 1e9
"""From here on, seconds are counted from 1970 (this is 2001)."""
_WALL_UNTIL = 4.1e9
"""The year 2100: calendars end somewhere."""
_MOST_BYTES = 1e18
_OURS = re.compile(r"(rss|anon)_bytes( (\d{1,10})( .*)?)?", re.DOTALL)
_EXPORTED_TIMES = ["unix_s", "time (local)"]
_EXPORTED = re.compile(r"(.*) (rss|anon)_bytes", re.DOTALL)
"""How `memtray export` names its columns."""
_WITH_UNIT = re.compile(r"(\d+(?:\.\d+)?) ?(B|[kKMGT]i?B?)")
_CELL_UNITS = {"B": 1, "K": KIB, "M": MIB, "G": GIB, "T": 1024 * GIB}


NAME = "table"
EXPECTS = N_(
    "a table with a time column (t_s, time, timestamp, seconds…) and a memory column (rss, memory…)"
)


def resembles(start: Start) -> float:
    """By a heading with a time in it."""
    if start.is_json:
        return 0.0
    for line in start.lines[:50]:
        if line.strip() and not line.startswith("#"):
            separator = max(",;\t", key=line.count)
            if _time_columns(line.split(separator)):
                return 0.5
            return 0.1 if separator in line else 0.0
    return 0.0


def read(source: Source, found: Gathering) -> Recording:  # noqa: ARG001
    """Read a table.

    Raises: RecordingError if it has no time column, no memory column or no samples; OSError.
    """
    path = source.path
    lines = _Lines(source)
    separator = max(",;\t", key=lines.first.count)
    rows = csv.reader(lines, delimiter=separator)
    try:
        titles = [title.strip() for title in next(rows, [])]
        table = _Table(path, titles, is_decimal_comma=separator == ";")
        table.read(rows)
    except csv.Error as error:
        text = _("{file} is not a table: {reason}")
        raise RecordingError(text.format(file=path, reason=error)) from error
    return table.result(is_cut_off=lines.is_cut_off or source.is_broken_off)


class _Lines:
    """The lines of a file, without comments at its top; ends where a broken file breaks off."""

    def __init__(self, source: Source) -> None:
        self._lines = source.lines()
        self.is_cut_off = False
        self._last = ""
        self.first = self._read()
        while self.first and (not self.first.strip() or self.first.startswith("#")):
            self.first = self._read()
        self._is_ours = self.first.startswith(",".join(TIME_COLUMNS))

    def __iter__(self) -> Iterator[str]:
        line = self.first
        while line:
            # Ours always end their lines; others may not end their last one.
            if self._is_ours and not line.endswith("\n"):
                self.is_cut_off = True
                return
            yield line.replace("\0", "")
            line = self._read()

    def _read(self) -> str:
        return next(self._lines, "")


class _Column:
    """One column of memory, while it is read."""

    def __init__(self, title: str, at: int, *, is_exported: bool = False) -> None:
        self.title = title
        self.at = at
        self.values = array("d")
        self.factor = 1.0
        self.pid: int | None = None
        if is_exported and (exported := _EXPORTED.fullmatch(title)):
            self.name, self.kind = exported[1], exported[2]
            self.process = self.name
            return
        ours = _OURS.fullmatch(title)
        self.kind = ours[1] if ours else ""
        """"rss" or "anon" if the column is named as ours are."""
        self.process = ours[2] or "" if ours else title
        """What such columns of one process have in common."""
        self.pid = int(ours[3]) if ours and ours[3] else None
        self.name = (
            (f"{(ours[4] or '').strip()} {ours[3]}".strip() if ours[3] else "") if ours else title
        )
        if not ours:
            units = [_UNITS[word] for word in _words(title) if word in _UNITS]
            self.factor = float(units[-1]) if units else 1.0


class _Table:
    """What was read so far."""

    def __init__(self, path: Path, titles: Sequence[str], *, is_decimal_comma: bool) -> None:
        self._path = path
        self._is_decimal_comma = is_decimal_comma
        self._is_exported = titles[:2] == _EXPORTED_TIMES
        self._first_title = titles[0] if titles else ""
        times = _time_columns(titles)
        if not times:
            raise RecordingError(_("{path} has no time column").format(path=path))
        self._time_at = times[0]
        self._other_times = times[1:]
        self._read_time: Callable[[str], float] | None = None
        self._time_factor = 0.001 if _words(titles[self._time_at])[-1:] == ["ms"] else 1.0
        self._times = array("d")
        self._other_clock: float | None = None
        self._columns: list[_Column] = []
        self._runs = _find_column(titles, _RUN_NAMES)
        self._children = _find_column(titles, _CHILDREN_NAMES)
        self._take_titles(titles)
        if not self._columns:
            raise RecordingError(
                _("{path} has no memory column; name it rss_bytes, memory_mb or the like").format(
                    path=path
                )
            )
        self._is_full = False

    def read(self, rows: Iterator[list[str]]) -> None:
        """Take in all rows; csv.Error if they are none."""
        while batch := list(islice(rows, _ROWS_AT_ONCE)):
            start = 0
            for at, row in enumerate(batch):
                # More processes have come: a recorder that was killed leaves such lines.
                if row and row[0].strip() == self._first_title != "":
                    self._take_rows(batch[start:at])
                    self._take_titles([title.strip() for title in row])
                    start = at + 1
            self._take_rows(batch[start:])
            if len(self._times) * (1 + len(self._columns)) > MOST_VALUES:
                self._is_full = True
                return

    def _take_titles(self, titles: Sequence[str]) -> None:
        known = {column.at for column in self._columns}
        for at, title in enumerate(titles):
            if at not in known and self._is_memory(title) and at not in _time_columns(titles):
                column = _Column(title, at, is_exported=self._is_exported)
                column.values.extend(_unknown(len(self._times)))
                self._columns.append(column)

    def _is_memory(self, title: str) -> bool:
        # The other sizes that we export are of the same targets.
        return bool(_EXPORTED.fullmatch(title)) if self._is_exported else is_memory_name(title)

    def _take_rows(self, rows: Sequence[list[str]]) -> None:
        if not rows:
            return
        cells = list(zip_longest(*rows, fillvalue=""))
        nothing = ("",) * len(rows)

        def column(at: int) -> Sequence[str]:
            return cells[at] if at < len(cells) else nothing

        times = self._parse_times(column(self._time_at))
        good = [at for at, seconds in enumerate(times) if math.isfinite(seconds)]
        if good and self._other_clock is None:
            self._find_other_clock([column(at)[good[0]] for at in self._other_times])
        is_whole = len(good) == len(times)
        self._times.extend(times if is_whole else [times[at] for at in good])
        for one in self._all_columns():
            values = self._parse_values(column(one.at), one.factor)
            one.values.extend(values if is_whole else [values[at] for at in good])

    def _all_columns(self) -> list[_Column]:
        return [*self._columns, *(one for one in (self._runs, self._children) if one is not None)]

    def _parse_times(self, cells: Sequence[str]) -> array[float]:
        if self._read_time is None:
            usable = next((cell for cell in cells if cell.strip()), "")
            self._read_time = self._number if math.isfinite(self._number(usable)) else _moment
        if self._read_time is _moment:
            return array("d", map(_moment, cells))
        return self._parse_values(cells, self._time_factor)

    def _parse_values(self, cells: Sequence[str], factor: float) -> array[float]:
        """The usual case quickly; NaN for whatever is no number."""
        if not any(cells):
            return _unknown(len(cells))
        try:
            values = array("d", map(float, cells))
            is_sane = max(values) < _MOST_BYTES and min(values) > -_MOST_BYTES
        except ValueError:
            is_sane = False
        if not is_sane:
            values = array("d", map(self._size, cells))
        return values if factor == 1.0 else array("d", [value * factor for value in values])

    def _number(self, cell: str) -> float:
        try:
            value = float(cell.replace(",", ".") if self._is_decimal_comma else cell)
        except ValueError:
            return math.nan
        return value if abs(value) < _MOST_BYTES else math.nan

    def _size(self, cell: str) -> float:
        """A number, or one with its unit, as in "12.5 MiB"."""
        value = self._number(cell)
        if value != value and (match := _WITH_UNIT.fullmatch(cell.strip())):
            return self._number(match[1]) * _CELL_UNITS[match[2][0].upper()]
        return value

    def _find_other_clock(self, cells: Iterable[str]) -> None:
        for cell in cells:
            wall = _moment(cell)
            if not math.isfinite(wall):
                wall = self._number(cell)
            if _WALL_FROM <= wall < _WALL_UNTIL:
                self._other_clock = wall
                return

    def result(self, *, is_cut_off: bool) -> Recording:
        """Raises: RecordingError if there is nothing in it."""
        times = self._times
        if not times:
            raise RecordingError(_("{file} has no samples").format(file=self._path))
        columns = [column.values for column in self._all_columns()]
        if any(after < before for before, after in pairwise(times)):
            order = sorted(range(len(times)), key=times.__getitem__)
            times = array("d", [times[at] for at in order])
            columns = [array("d", [values[at] for at in order]) for values in columns]
        first = times[0]
        if first > 100 * _WALL_FROM:  # milliseconds since 1970, without saying so
            times = array("d", [seconds / 1000 for seconds in times])
            first = times[0]
        is_wall = self._read_time is _moment or first >= _WALL_FROM
        if is_wall:
            times = array("d", [seconds - first for seconds in times])
            started = first
        elif self._other_clock is not None:
            started = self._other_clock - first
        else:
            # Nothing says when it was: when it was written is near enough for an axis.
            started = self._path.stat().st_mtime - times[-1]
        if not 0 <= started < _WALL_UNTIL or not 0 <= started + times[-1] < _WALL_UNTIL:
            text = _("{file}: its times are beyond any calendar")
            raise RecordingError(text.format(file=self._path))
        notes = [_(CUT_OFF)] if is_cut_off else []
        if self._is_full:
            text = _("longer than can be held; only the first {count} rows are shown")
            notes.append(text.format(count=format_count(len(times))))
        return Recording(
            path=self._path,
            started_wall_seconds=started,
            seconds=times[-1],
            interval_seconds=None,
            tracks=tuple(self._tracks(memoryview(times), columns)),
            notes=tuple(notes),
        )

    def _tracks(self, times: memoryview, values: Sequence[array[float]]) -> Iterator[Track]:
        """One per column; an anonymous size beside its resident set is no track of its own."""
        beside = dict(zip(map(id, self._all_columns()), values, strict=True))
        # Beside several programs nobody knows whose restart it was.
        is_one = all(column.pid is None for column in self._columns)
        runs = beside.get(id(self._runs)) if is_one else None
        children = beside.get(id(self._children)) if is_one else None
        at = 0
        while at < len(self._columns):
            column, anon = self._columns[at], None
            memory = values[at]
            at += 1
            if at < len(self._columns) and column.kind == "rss":
                after = self._columns[at]
                if after.kind == "anon" and after.process == column.process:
                    anon = values[at]
                    at += 1
            rows = known_rows(memory)
            # A process that came and went between two samples.
            if rows == slice(0, 0) and column.pid is not None:
                continue
            yield Track(
                name=column.name or column.title,
                times=times[rows],
                memory=memory[rows],
                anon=None if anon is None else known_or_none(anon[rows]),
                runs=None if runs is None else known_or_none(runs[rows]),
                children=None if children is None else known_or_none(children[rows]),
                pid=column.pid,
            )


def _find_column(titles: Sequence[str], names: Sequence[str]) -> _Column | None:
    """The first title that is one of the names, best name first."""
    lower = [title.lower() for title in titles]
    found = next((name for name in names if name in lower), None)
    return None if found is None else _Column(found, lower.index(found))


def _words(title: str) -> list[str]:
    return re.findall(r"[a-z]+", title.lower())


def _time_columns(titles: Sequence[str]) -> list[int]:
    """Where time columns are, the most exact first."""
    plain = ["_".join(re.findall(r"[a-z0-9]+", title.lower())) for title in titles]
    named = [at for at, name in enumerate(plain) if name in _TIME_NAMES]
    named.sort(key=lambda at: _TIME_NAMES.index(plain[at]))
    if named:
        return named
    return [at for at, title in enumerate(titles) if _TIME_WORDS & {*_words(title)}][:1]


def _moment(cell: str) -> float:
    """Seconds since 1970 of an ISO 8601 date; NaN if it is none."""
    try:
        return datetime.fromisoformat(cell.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        return math.nan


def _unknown(count: int) -> array[float]:
    return array("d", [math.nan]) * count

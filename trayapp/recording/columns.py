"""Meanings of a table's columns: time, whose, memory in use, or something else.

Decided once, by the titles and some of the rows; what a person said (`Instructions`) outweighs it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from trayapp.dataclass import dataclass, field
from trayapp.domain.records.names import short_name
from trayapp.errors import RecordingError
from trayapp.language.catalogue import N_, _, listed
from trayapp.recording.clocks import Clock
from trayapp.recording.doubts import are_interleaved, without_memory
from trayapp.recording.instructions import Instructions
from trayapp.recording.meaning import Meaning, meaning_of, words_of
from trayapp.recording.quantities import (
    NumberStyle,
    falls,
    number_in,
    number_style,
    size_in,
    unit_bytes,
    unit_of_cell,
)
from trayapp.recording.time_titles import plain_title, time_columns

_WHO = {
    "pid", "tgid", "name", "names", "process", "proc", "program", "programme", "command", "comm",
    "cmd", "cmdline", "args", "exe", "executable", "container", "pod", "host", "hostname", "node",
    "namespace", "service", "job", "unit", "app", "application", "gpu", "device", "uuid", "task",
    "worker", "target", "server", "machine", "instance", "vm", "domain", "cgroup", "slice",
    "component", "module", "replica", "index", "guest", "image",
}  # fmt: skip
_WHO_BESIDE = {"id", "name", "index", "short", "number", "no", "full", "the", "of", "label", "bus"}
_COMMANDS = {"command", "cmd", "cmdline", "args"}
_PIDS = {"pid", "tgid", "processid", "process_id"}
_RUNS = ("run", "restart", "restarts", "restart_count", "run_id", "run_number", "instance")
_CHILDREN = ("n_procs", "process_count", "processes", "procs", "children", "nproc", "num_procs")
NOTHING = {"", "-", "--", "–", "n/a", "na", "nan", "null", "none", "nil", "?", "[n/a]", "unknown"}
"""Cells, in small letters, that say that nothing is known."""
_NO_NAME = N_("its title does not say that it is memory; select it with --column")
_NO_MEMORY = N_("it was not selected with --column")


@dataclass(slots=True)
class MemoryColumn:
    """One column that is read."""

    at: int
    title: str
    meaning: Meaning
    factor: float
    style: NumberStyle = "plain"
    is_unit_known: bool = True
    """By its title or by what a person said; a cell's own unit counts in any case."""
    cells_have_units: bool = False


@dataclass(slots=True)
class Columns:
    """Meanings decided for one table."""

    times: tuple[int, ...]
    """One column, or that of the date and that of the time."""
    other_times: tuple[int, ...]
    """More columns that tell the time."""
    memory: list[MemoryColumn]
    who: list[int] = field(default_factory=list)
    pid: int | None = None
    commands: set[int] = field(default_factory=set)
    """Of `who`, those that hold command lines, of which only the program tells who it is."""
    run: int | None = None
    children: int | None = None
    left_out: list[tuple[str, str]] = field(default_factory=list)


def decide(
    path: Path,
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    clock: Clock,
    instructions: Instructions,
    *,
    is_semicolon: bool,
) -> Columns:
    """Decide the meaning of each column by titles and first rows; `clock` learns the dates' order.

    Raises: RecordingError if there is no time or no memory.
    """
    times, others = _times(path, titles, rows, clock)
    columns = Columns(times, others, [])
    columns.run = _named(titles, _RUNS, rows)
    columns.children = _named(titles, _CHILDREN, rows)
    _find_who(path, columns, titles, rows, instructions)
    taken = {*times, *others, *columns.who}
    _find_memory(path, columns, titles, rows, instructions, taken, is_semicolon=is_semicolon)
    if not instructions.group_by:
        _find_more_who(path, columns, titles, rows)
    return columns


def cell(row: Sequence[str], at: int) -> str:
    """A cell without blanks around it; "" where the row is too short."""
    return row[at].strip() if at < len(row) else ""


def _times(
    path: Path, titles: Sequence[str], rows: Sequence[Sequence[str]], clock: Clock
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    candidates = time_columns(titles)
    if not candidates:
        candidates = [
            at
            for at in range(len(titles))
            if rows and _share_of_dates(titles[at], [cell(row, at) for row in rows[:50]]) > 0.8
        ][:1]
    without = _("{path} has no time column; name it timestamp, elapsed_s or the like")
    if not candidates:
        raise RecordingError(without.format(path=path))
    readable = [at for at in candidates if _is_readable(titles[at], rows, at)]
    if rows and not readable:
        at = candidates[0]
        first = next((one for row in rows if (one := cell(row, at)).lower() not in NOTHING), "")
        if first and not any(map(str.isdigit, first)):
            # "Data" is a date in some languages only.
            raise RecordingError(without.format(path=path))
        if first:
            raise RecordingError(
                _("{path}: the times in column {title} cannot be read: {cell}").format(
                    path=path,
                    title=repr(short_name(titles[at])),
                    cell=repr(short_name(first)),
                )
            )
    usable = readable or candidates
    pair = _pair(rows, usable)
    clock.study([cell(row, at) for row in rows for at in (pair or usable[:1])])
    if pair is not None:
        return pair, tuple(at for at in usable if at not in pair)
    return (usable[0],), tuple(usable[1:])


def _is_readable(title: str, rows: Sequence[Sequence[str]], at: int) -> bool:
    clock = Clock(title=title)
    cells = [one for row in rows[:200] if (one := cell(row, at)).lower() not in NOTHING]
    good = sum(1 for one in cells if (seconds := clock.read(one)) == seconds)
    return good > len(cells) * 0.3


def _share_of_dates(title: str, cells: Sequence[str]) -> float:
    """Return the share of dates in a column whose title says nothing of a time."""
    clock = Clock()
    moments = [seconds for one in cells if (seconds := clock.read(one)) >= 1e9]
    is_plain = any(number_in(one) == number_in(one) for one in cells)
    if is_plain and (not meaning_of(title).is_undecided or falls(moments)):
        # Bytes are as large as seconds since 1970, but have a name and do not go by.
        return 0.0
    return len(moments) / max(1, len(cells))


def _pair(rows: Sequence[Sequence[str]], usable: Sequence[int]) -> tuple[int, int] | None:
    """Columns of a date and of a time of day, where they are two."""
    if not rows:
        return None
    dates = [at for at in usable if not re.search(r"\d\d?[:h]\d\d|T\d", cell(rows[0], at))]
    clocks = [at for at in usable if re.fullmatch(
        r"\D*\d{1,2}[:.h]\d\d([:.m]\d\d(?:[.,]\d+)?)?\D*", cell(rows[0], at)
    )]  # fmt: skip
    for date_at in dates:
        text = cell(rows[0], date_at)
        if re.fullmatch(r"\d+(\.\d+)?", text) and len(text) != 8:
            continue
        for clock_at in clocks:
            if clock_at != date_at:
                both = Clock()
                if both.read(f"{text} {cell(rows[0], clock_at)}") >= 1e8 and not both.is_dateless:
                    return (date_at, clock_at)
    return None


def _named(
    titles: Sequence[str], names: Sequence[str], rows: Sequence[Sequence[str]]
) -> int | None:
    """The first column of these names that holds whole numbers, best name first."""
    lower = [plain_title(title) for title in titles]
    for name in names:
        if name in lower:
            at = lower.index(name)
            cells = [one for row in rows if (one := cell(row, at))]
            if all(number_in(one) == number_in(one) for one in cells):
                return at
    return None


def _is_who(title: str) -> bool:
    words = list(re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", title).lower()))
    found = {*words}
    return bool(found & _WHO) and found <= _WHO | _WHO_BESIDE and "ppid" not in found


def _find_who(
    path: Path,
    columns: Columns,
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    instructions: Instructions,
) -> None:
    if instructions.group_by:
        columns.who = [_asked_for(path, name, titles) for name in instructions.group_by]
    else:
        columns.who = [
            at
            for at, title in enumerate(titles)
            if _is_who(title)
            and at not in (*columns.times, *columns.other_times, columns.run, columns.children)
            and not _is_row_number(rows, at)
        ]
    for at in columns.who:
        words = {*re.findall(r"[a-z]+", titles[at].lower())}
        if words & _PIDS or plain_title(titles[at]) in _PIDS:
            columns.pid = at
        if words & _COMMANDS:
            columns.commands.add(at)
    run = columns.run
    if run is not None and run not in columns.who:
        moments = [_moment(columns, row) for row in rows]
        keys = [
            (moment, *(cell(row, at) for at in columns.who))
            for moment, row in zip(moments, rows, strict=True)
        ]
        runs: dict[tuple[str, ...], str] = {}
        if any(
            runs.setdefault(key, cell(row, run)) != cell(row, run)
            for key, row in zip(keys, rows, strict=True)
        ):
            # Runs side by side are several programs, not one that was started again.
            columns.who.append(run)
            columns.run = None


def _is_row_number(rows: Sequence[Sequence[str]], at: int) -> bool:
    """Whether each row has another number there, as an index of a table has."""
    cells = [cell(row, at) for row in rows]
    if len(cells) < 4 or len({*cells}) < len(cells) or not all(one.isdecimal() for one in cells):
        return False
    numbers = [int(one) for one in cells]
    return all(after == before + 1 for before, after in pairwise(numbers))


def _moment(columns: Columns, row: Sequence[str]) -> str:
    return " ".join(cell(row, at) for at in columns.times)


def _asked_for(path: Path, name: str, titles: Sequence[str]) -> int:
    """The place of a column that a person named.

    Raises: RecordingError with what there is.
    """
    for same in (str, str.lower, plain_title):
        wanted = same(name.strip())
        for at, title in enumerate(titles):
            if same(title) == wanted:
                return at
    raise RecordingError(
        _("{path} has no column {name}; it has {titles}").format(
            path=path,
            name=repr(short_name(name)),
            titles=listed([repr(short_name(title)) for title in titles[:20]]),
        )
    )


def _find_memory(
    path: Path,
    columns: Columns,
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    instructions: Instructions,
    taken: set[int],
    *,
    is_semicolon: bool,
) -> None:
    asked = [_asked_for(path, name, titles) for name in instructions.columns]
    found: list[tuple[int, Meaning]] = []
    for at, title in enumerate(titles):
        meaning = meaning_of(title)
        if asked:
            if at in asked:
                found.append((at, meaning._replace(kind=meaning.kind or "memory")))
            elif meaning.kind is not None:
                columns.left_out.append((title, _(_NO_MEMORY)))
        elif at in taken or at in (columns.run, columns.children) or not title.strip():
            continue
        elif meaning.kind is not None:
            found.append((at, meaning))
        elif meaning.reason or any(_is_figure(cell(row, at)) for row in rows):
            columns.left_out.append((title, meaning.reason or _(_NO_NAME)))
    if not asked:
        found = _strongest(columns, titles, found)
    for at, meaning in found:
        columns.memory.append(
            _memory_column(at, titles[at], meaning, rows, instructions, is_semicolon=is_semicolon)
        )
    if not columns.memory:
        raise RecordingError(without_memory(path, columns.left_out))


def _strongest(
    columns: Columns, titles: Sequence[str], found: list[tuple[int, Meaning]]
) -> list[tuple[int, Meaning]]:
    """Leave out what only its unit or "used" speaks for, where that cannot be all of it."""
    sure = [one for one in found if one[1].strength > 0]
    weak = [one for one in found if one[1].strength == 0]
    spoiled = any(
        word in ("disk", "net", "network", "fs", "rx", "tx", "filesystem", "mounted")
        for title in titles
        for word in words_of(title)
    )
    if sure or len(weak) > 1 or spoiled:
        columns.left_out += [(titles[at], _(_NO_NAME)) for at, _meaning in weak]
        return sure
    return weak


def _memory_column(
    at: int, title: str, meaning: Meaning, rows: Sequence[Sequence[str]],
    instructions: Instructions, *, is_semicolon: bool,
) -> MemoryColumn:  # fmt: skip
    cells = [one for row in rows if (one := cell(row, at)).lower() not in NOTHING]
    style = number_style(cells, is_semicolon=is_semicolon)
    factor = meaning.factor
    if factor is None and instructions.unit is not None:
        factor = unit_bytes(instructions.unit)
    return MemoryColumn(
        at,
        title,
        meaning,
        1.0 if factor is None else factor,
        style,
        is_unit_known=factor is not None,
        cells_have_units=any(unit_of_cell(one) is not None for one in cells[:50]),
    )


def _find_more_who(
    path: Path, columns: Columns, titles: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    """Find the columns that tell rows of one moment apart where nothing has so far.

    Raises: RecordingError where they are clearly of several programs, and nothing says of which.
    """
    keys = [(_moment(columns, row), *(cell(row, at) for at in columns.who)) for row in rows]
    counts = Counter(keys)
    if not keys or max(counts.values()) == 1:
        return
    taken = {
        *columns.times,
        *columns.other_times,
        *columns.who,
        *(one.at for one in columns.memory),
    }
    for at in range(len(titles)):
        cells = [cell(row, at) for row in rows]
        if at in taken or any(_is_figure(one) for one in cells) or len({*cells}) < 2:
            continue
        told = Counter((*key, one) for key, one in zip(keys, cells, strict=True))
        if max(told.values()) == 1:
            columns.who.append(at)
            return
    if not columns.who and _is_interleaved(columns, rows, counts):
        raise RecordingError(
            _(
                "{path} has several rows for the same time, and no column says which "
                "program they belong to; name it with --group-by"
            ).format(path=path)
        )


def _is_figure(text: str) -> bool:
    return text != "" and (number_in(text) == number_in(text) or size_in(text) == size_in(text))


def _is_interleaved(
    columns: Columns, rows: Sequence[Sequence[str]], counts: Counter[tuple[str, ...]]
) -> bool:
    """Whether equal numbers of rows of each moment jump to and fro between levels."""
    every, share = Counter(counts.values()).most_common(1)[0]
    if every < 2 or share < 0.9 * len(counts) or len(counts) < 3:
        return False
    one = columns.memory[0]
    sizes = [size_in(cell(row, one.at), one.factor, one.style) for row in rows]
    return are_interleaved([size for size in sizes if size == size], every)

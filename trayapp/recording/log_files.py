"""Reads daily memory logs, our own and those of others that write the same lines.

Ordinary lines take a short way of a microsecond or two, since a year of logs has many; whatever is
not like the line before takes the long one.
"""

from __future__ import annotations

import gzip
import re
import stat
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import compress, count, pairwise
from operator import ne
from pathlib import Path
from typing import IO

from trayapp.dataclass import dataclass, field
from trayapp.domain.judging.log_records import LogLimits
from trayapp.domain.judging.log_summary import MOST_OPEN, LogSummary
from trayapp.domain.records.log_lines import (
    ABOUT,
    AVAILABLE,
    BETWEEN,
    COUNT,
    ENDED,
    FAILURES,
    FILE_PREFIX,
    HEAP,
    KEPT,
    MB,
    OPENED,
    PACKED_SUFFIX,
    PEAK,
    PID,
    RSS,
    RUN,
    RUNS,
    STARTED,
    TOOK,
    WHERE,
)
from trayapp.domain.records.log_lines import (
    UNKNOWN as DASH,
)
from trayapp.errors import RecordingError
from trayapp.language.catalogue import _
from trayapp.language.reasons import reason_of
from trayapp.recording.log_fields import (
    LINE,
    SECONDS,
    Figures,
    Minutes,
    available_of,
    field_of,
    figures_of,
    has_failed,
    names_in,
    or_nan,
    running_names,
    seconds_of,
    size_of,
    time_of,
    whole_of,
)
from trayapp.recording.unpacking import BREAKS

BLOCK_BYTES, LONGEST_LINE = 1 << 20, 64 * 1024
MOST_SHOWN = 5
"""Lines of other forms that are kept to be shown."""
_BREAKS = (*BREAKS, ValueError)
_SHOWN_LENGTH = 200

_ORDINARY = re.compile(
    rf"^(.{{17}})(..)( {BETWEEN}[^|\n]*\| {RSS}: )([ 0-9.]+) MB \| [^|\n]*"
    rf"\| {AVAILABLE}: ([ 0-9.]+) MB \(([0-9.]+)% free\)(?:\n|\Z)",
    re.MULTILINE,
)
"""A line between that has no more than it must have."""
_COLUMNS = _ORDINARY.groups + 1
"""What a text is split into by it: whatever stands before each such line, and its parts."""
_MARK = 2
"""Which column says what the tasks are."""
_AS_LINE = f"{{}}{{}}{{}}{{}} MB | {AVAILABLE}: {{}} MB ({{}}% free)"


@dataclass(slots=True)
class LogContent:
    """What was read."""

    summary: LogSummary
    lines: int = 0
    """That are of the log's form."""
    other_lines: int = 0
    shown_lines: list[str] = field(default_factory=list)
    """The first of the other ones."""


def find_logs(paths: Sequence[Path]) -> list[Path]:
    """Return the files, with those of each folder that is named, in the order of their days.

    Raises: RecordingError if a folder has none.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        logs = [file for file in path.iterdir() if file.name.startswith(FILE_PREFIX)]
        logs = [file for file in logs if ".log" in file.name and not file.name.endswith(".new")]
        if not logs:
            text = _("there is no memory log in {folder}; its files are memory_YYYYMMDD.log")
            raise RecordingError(text.format(folder=path))
        found += logs
    return sorted(dict.fromkeys(found), key=_order)


def read_logs(
    paths: Sequence[Path],
    limits: LogLimits,
    *,
    since: float | None = None,
    progress: Callable[[Path], object] = lambda _: None,
) -> LogContent:
    """Read files one after the other, as if they were one.

    since: seconds by the clock of the log; lines before are left out.

    Raises: RecordingError if one cannot be read, or none has a line of the form.
    """
    reader = _Reader(limits, since)
    for path in paths:
        progress(path)
        try:
            with _open(path) as file:
                reader.read(file)
        except _BREAKS as error:
            text = _("{file} cannot be read: {reason}")
            reason = reason_of(error) if isinstance(error, OSError) else str(error)
            raise RecordingError(text.format(file=path, reason=reason)) from error
    content = reader.content
    if not content.lines:
        text = _(
            "{file} has no line of a memory log; one looks like this: "
            "2026-03-16 08:34:15 --- [task] | RSS: 598.4 MB | …"
        )
        raise RecordingError(text.format(file=paths[0] if paths else DASH))
    content.summary.finish()
    return content


def last_time(paths: Sequence[Path]) -> float | None:
    """Return the time of the last line of all, by the clock of the log; None: there is none."""
    times = []
    for path in paths:
        try:
            with _open(path) as file:
                found = _matches_at_end(file, is_packed=_is_packed(path))
                times += list(map(time_of, found))
        except _BREAKS:
            continue
    return max(times, default=None)


class _Reader:
    def __init__(self, limits: LogLimits, since: float | None) -> None:
        self.content = LogContent(LogSummary(limits))
        self._since = since
        self._pid: str | None = None
        self._keys: dict[str, list[object]] = {}
        """Of the runs that are open, by name: those without a number get one here."""
        self._unnumbered: dict[int, None] = {}
        """Those keys, in the order in which their runs began."""
        self._next_key = self._open_count = 0
        self._minutes = Minutes()
        self._last_mark = ""
        """Of a line between, that the next is likely to have as well; empty: none."""

    def read(self, file: IO[bytes]) -> None:
        """Read one file. Raises: OSError, EOFError."""
        rest = b""
        while block := file.read(BLOCK_BYTES):
            whole, newline, rest_of_block = block.rpartition(b"\n")
            if newline:
                # As Latin-1, which every byte is: the long way makes UTF-8 of it again.
                self._read_text((rest + whole).decode("latin-1"))
                rest = rest_of_block
            else:
                rest = (rest + rest_of_block)[:LONGEST_LINE]
        if rest:
            self._read_text(rest.decode("latin-1"))

    def _read_text(self, text: str) -> None:
        """Read whole lines: those that have the same tasks as the line before, all at once."""
        parts = _ORDINARY.split(text)
        others, *columns = (parts[number::_COLUMNS] for number in range(_COLUMNS))
        marks = columns.pop(_MARK)
        changes = compress(count(1), map(ne, marks[1:], marks))
        edges = sorted({0, *changes, *compress(count(), others), len(marks)})
        figures = figures_of(self._minutes, *columns)
        for start, end in pairwise(edges):
            self._read_others(others[start])
            if figures is not None:
                run: Figures | None = tuple(each[start:end] for each in figures)
            else:  # one of all is no date, or no number
                run = figures_of(self._minutes, *(each[start:end] for each in columns))
            if run is not None:
                self._read_run(marks[start], *run)
                continue
            for minute, second, *sizes in zip(*(each[start:end] for each in columns), strict=True):
                self._read_line(_AS_LINE.format(minute, second, marks[start], *sizes))
        self._read_others(others[-1])
        self._last_mark = ""

    def _read_others(self, text: str) -> None:
        for line in text.removesuffix("\n").split("\n") if text else ():
            self._read_line(line)

    def _read_run(
        self,
        mark: str,
        times: list[float],
        sizes: list[float],
        available: list[float],
        shares: list[float],
    ) -> None:
        """Take ordinary lines that have the same tasks."""
        self.content.lines += len(times)
        if self._since is not None:
            for each in (sizes, available, shares, times):  # the times last: they are asked
                del each[: bisect_left(times, self._since)]
        summary = self.content.summary
        if times and mark != self._last_mark:
            self._last_mark = mark
            text = mark if mark.isascii() else mark.encode("latin-1").decode("utf-8", "replace")
            at, rss, free, share = (each.pop(0) for each in (times, sizes, available, shares))
            summary.between(at, self._running(text), rss, None, free * MB, share / 100)
        summary.samples(times, sizes, available, shares)

    def _running(self, text: str) -> list[str]:
        names = names_in(text)
        if len(names) == 1 and names[0] in self._keys:
            return names  # a task that is called like none at all
        return running_names(text)

    def _read_line(self, line: str) -> None:
        """Read any line, the long way. What it changes, the lines after it are read anew for."""
        self._last_mark = ""
        text = line if line.isascii() else line.encode("latin-1").decode("utf-8", "replace")
        text = text.strip("\r\ufeff ")
        if not text:
            return
        match = LINE.fullmatch(text)
        if match is None:
            self._note_other(text)
            return
        second = SECONDS.get(text[17:19])
        at = time_of(match) if second is None else self._minutes[text[:17]] + second
        mark = match[7]
        head, *rest = match[8].split(" | ")
        if match[8].startswith("| "):  # nothing between the mark and the figures
            head, rest = "", match[8][2:].split(" | ")
        fields = dict(map(field_of, rest))
        if mark == BETWEEN and RSS not in fields:
            self._note_other(text)
            return
        self.content.lines += 1
        if self._since is not None and at < self._since:
            return
        self._take(at, mark, head, fields)

    def _take(self, at: float, mark: str, head: str, fields: dict[str, str]) -> None:
        summary = self.content.summary
        if mark == ABOUT:
            if head.startswith(OPENED) and (pid := fields.get(PID)) != self._pid:
                self._pid = pid
                self._keys.clear()
                self._unnumbered.clear()
                self._open_count = 0
                summary.open_life(at)
            return
        names = names_in(head)
        rss, heap = size_of(fields.get(RSS)), size_of(fields.get(HEAP))
        available, share = available_of(fields.get(AVAILABLE))
        if mark == BETWEEN:
            summary.between(at, self._running(head), or_nan(rss), heap, available, share)
            return
        name = names[0] if names else DASH
        if mark != RUNS:
            summary.see(at, or_nan(rss), available, share)
        if mark == STARTED:
            number, _relation, outer = fields.get(RUN, "").partition(" in ")
            key = self._begin(name, number.partition(" ")[0])
            inside = outer if number else self._innermost(key)
            summary.start(at, key, name, or_nan(rss), heap, inside=inside, place=fields.get(WHERE))
        elif mark == ENDED:
            summary.end(
                at,
                self._end(name, fields.get(RUN, "")),
                name,
                or_nan(rss),
                heap,
                kept=size_of(fields.get(KEPT)),
                seconds=seconds_of(fields.get(TOOK)),
                failed=has_failed(head, fields),
            )
        else:
            summary.runs(
                name,
                whole_of(fields.get(COUNT)),
                whole_of(fields.get(FAILURES)),
                size_of(fields.get(KEPT)),
                seconds_of(fields.get(TOOK)) or 0.0,
                or_nan(size_of(fields.get(PEAK))),
            )

    def _begin(self, name: str, number: str) -> object:
        if not number:
            self._next_key += 1
            self._unnumbered[self._next_key] = None
        if self._open_count >= MOST_OPEN:
            oldest = next(iter(self._keys))
            self._close(oldest, self._keys[oldest][0])
        key: object = number or self._next_key
        self._keys.setdefault(name, []).append(key)
        self._open_count += 1
        return key

    def _innermost(self, key: object) -> object:
        """Return the open run that began last: without numbers, the later is within the earlier."""
        return next((each for each in reversed(self._unnumbered) if each != key), None)

    def _end(self, name: str, number: str) -> object:
        keys = self._keys.get(name, [])
        if not keys:
            return number
        return self._close(name, number if number in keys else keys[-1])

    def _close(self, name: str, key: object) -> object:
        keys = self._keys[name]
        keys.remove(key)
        if not keys:
            del self._keys[name]
        if isinstance(key, int):
            self._unnumbered.pop(key, None)
        self._open_count -= 1
        return key

    def _note_other(self, text: str) -> None:
        content = self.content
        content.other_lines += 1
        if len(content.shown_lines) < MOST_SHOWN:
            content.shown_lines.append(text[:_SHOWN_LENGTH])


def _is_packed(path: Path) -> bool:
    return path.name.endswith(PACKED_SUFFIX)


def _open(path: Path) -> IO[bytes]:
    """Raises: OSError, also for what has no end, or could be read only once."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(_("it is not a regular file"))
    if _is_packed(path):
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb", buffering=0)


def _order(path: Path) -> tuple[float, str]:
    """Return what files are ordered by: their first lines."""
    try:
        with _open(path) as file:
            start = file.read(LONGEST_LINE).decode("utf-8", "replace")
    except _BREAKS:
        start = ""
    times = (LINE.match(line) for line in start.splitlines())
    first = next((time_of(match) for match in times if match), 0.0)
    return first, path.name


def _matches_at_end(file: IO[bytes], *, is_packed: bool) -> Iterator[re.Match[str]]:
    last = b""
    if is_packed:
        while block := file.read(BLOCK_BYTES):
            last = (last + block)[-LONGEST_LINE:]
    else:
        size = file.seek(0, 2)
        file.seek(max(0, size - LONGEST_LINE))
        last = file.read(LONGEST_LINE)
    for line in last.decode("utf-8", "replace").splitlines():
        if match := LINE.match(line):
            yield match

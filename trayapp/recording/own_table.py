"""The tables that Memtray writes itself, read again: a recording's, and an export's.

Columns of a recording: t_s, time, then "rss_bytes PID NAME" and "anon_bytes PID NAME" of each
process; while it runs, another line of headings is written whenever a process has come. Of an
export: unix_s, time (local), then "NAME rss_bytes", "NAME anon_bytes" and others of each target.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from datetime import datetime

from trayapp.dataclass import dataclass
from trayapp.domain.showing.cells import unguarded
from trayapp.language.catalogue import _
from trayapp.recording.csv_writing import TIME_COLUMNS
from trayapp.recording.gathering import Gathered, Gathering
from trayapp.recording.quantities import number_of
from trayapp.recording.source import Source

_RECORDED = re.compile(r"(rss|anon)_bytes (\d{1,10})(?: (.*))?", re.DOTALL)
_EXPORTED = re.compile(r"(.*) (rss|anon)_bytes", re.DOTALL)
_EXPORTED_TIMES = ["unix_s", "time (local)"]


@dataclass(slots=True)
class _Pair:
    """The columns of one program."""

    name: str
    pid: int | None
    rss_at: int
    anon_at: int | None = None
    series: Gathered | None = None


def is_own(titles: Sequence[str]) -> bool:
    """Whether a table of these headings was written by Memtray."""
    start = list(titles[:2])
    if start == _EXPORTED_TIMES:
        return True
    return start == list(TIME_COLUMNS) and all(_RECORDED.fullmatch(one) for one in titles[2:])


def read_own(source: Source, found: Gathering, titles: Sequence[str]) -> None:
    """Read it; a line without an end was cut off."""
    is_export = list(titles[:2]) == _EXPORTED_TIMES
    pairs: dict[str, _Pair] = {}
    base: float | None = 0.0 if is_export else None
    for number, line in enumerate(source.lines(), 1):
        if not line.endswith("\n"):
            found.note(_("truncated while being written; what comes before is shown"))
            return
        if line.lstrip('"').startswith(titles[0]) or (number == 1 and not pairs):
            _set_titles(pairs, next(csv.reader([line]), []), is_export=is_export)
            continue
        cells = line.rstrip("\n").split(",")
        seconds = number_of(cells[0])
        if seconds != seconds or len(cells) < 2:
            found.pass_over(number, line, _("no time"))
            continue
        if base is None:
            base = found.origin_seconds = 0.0
            found.began_wall_seconds = _wall(cells[1].strip('"'), seconds)
            found.is_known_empty = True
        _add_row(found, pairs, cells, seconds + base)


def _set_titles(pairs: dict[str, _Pair], titles: Sequence[str], *, is_export: bool) -> None:
    for at, title in enumerate(map(unguarded, titles[2:]), 2):
        match = (_EXPORTED if is_export else _RECORDED).fullmatch(title)
        if match is None:
            continue
        if is_export:
            key, kind, name, pid = match[1], match[2], match[1], None
        else:
            kind, pid = match[1], int(match[2])
            key = f"{match[2]} {match[3] or ''}"
            name = f"{(match[3] or '').strip()} {pid}".strip()
        if kind == "rss":
            pairs.setdefault(key, _Pair(name, pid, at))
        elif key in pairs and pairs[key].anon_at is None:
            pairs[key].anon_at = at


def _add_row(
    found: Gathering, pairs: dict[str, _Pair], cells: Sequence[str], seconds: float
) -> None:
    count = len(cells)
    try:
        # Mostly all are numbers; what comes before them is not asked for.
        numbers = [math.nan, math.nan, *map(float, cells[2:])]
    except ValueError:
        numbers = list(map(number_of, cells))
    for key, pair in pairs.items():
        at, anon_at = pair.rss_at, pair.anon_at
        if pair.series is None:
            if at >= count or not cells[at]:
                continue
            pair.series = found.series(key, pair.name, pid=pair.pid, kind="resident set")
        pair.series.add(
            seconds,
            numbers[at] if at < count else math.nan,
            numbers[anon_at] if anon_at is not None and anon_at < count else math.nan,
        )


def _wall(text: str, seconds: float) -> float | None:
    """Return the offset from the recording's seconds to those since 1970; None if unknown."""
    try:
        return datetime.fromisoformat(text.strip()).timestamp() - seconds
    except (ValueError, OverflowError, OSError):
        return None

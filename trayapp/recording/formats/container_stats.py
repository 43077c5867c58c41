"""Logs of `docker stats`, `podman stats` and `kubectl top`, also of loops.

Tried with docker 28.2.2 (streamed, `--no-stream` in a loop with `date`, a time in front of each
line, `--format table …`), and on public logs of podman and kubectl. One series per container or
pod; of "MEM USAGE / LIMIT" what stands before the slash. They tell no times: without a line of
`date` or a time in front, samples are placed one second apart, with a note.
"""

from __future__ import annotations

import re

from trayapp.language.catalogue import N_, _
from trayapp.recording.gathering import Gathered, Gathering
from trayapp.recording.looped import STAMP, LoopClock
from trayapp.recording.quantities import size_in
from trayapp.recording.source import Source, Start

NAME = "docker stats"
EXPECTS = N_("a log of docker stats, podman stats or kubectl top")
_SIZES = (
    "MEM USAGE / LIMIT",
    "MEM USAGE",
    "MEMORY(bytes)",
    "MEMORY USAGE / LIMIT",
    "MEM USAGE/LIMIT",
)
_NAMES = ("NAMESPACE", "NAME", "CONTAINER", "POD", "CONTAINER ID", "ID")
_UNKNOWN = {"--", "-", "-- / --", "<unknown>", "0B / 0B"}


_USED_OF = re.compile(r"\d+(?:\.\d+)?(?:[KMGT]i)?B / \d+(?:\.\d+)?[KMGT]iB")
"""MemUsage of docker: traffic, which looks alike, is told in powers of 1000."""


def resembles(start: Start) -> float:
    if any(_titles(line) for line in start.lines[:60]):
        return 1.0
    return 0.8 if _bare_separator(start) else 0.0


def read(source: Source, found: Gathering) -> None:
    separator = _bare_separator(source.start)
    if separator and not any(_titles(line) for line in source.start.lines[:60]):
        _read_bare(source, found, separator)
        return
    clock = LoopClock(source, found)
    is_stamped = any(STAMP.match(line) for line in source.start.lines[:20])
    titles: list[str] = []
    heading = ""
    rows: _Rows | None = None
    for number, line in enumerate(source.lines(), 1):
        rest = clock.unstamped(line) if is_stamped else line
        if rest == heading or ("MEM" in rest and _titles(rest)):
            clock.begin_block()
            if rest != heading:
                heading, titles = rest, _titles(rest)
                rows = _Rows(found, titles)
            continue
        cells = _cells(rest)
        if rows is None or len(cells) != len(titles):
            if rest.strip() and not clock.read_time(line) and titles:
                found.pass_line(number, line, _("not a row of this table"))
            continue
        if not rows.add_row(cells, clock.at, is_whole=line.endswith("\n")):
            found.pass_over(number, line, _("no size"))
    clock.finish()


def _bare_separator(start: Start) -> str:
    """Return the separator of rows without a heading, as `--format` makes them; "" if none."""
    lines = [line for line in start.lines[:10] if line.strip()]
    if not lines or start.is_json:
        return ""
    for separator in (",", ";", "\t", "|"):
        if all(_size_at(line.split(separator)) >= 0 for line in lines) and separator in lines[0]:
            return separator
    return ""


def _size_at(cells: list[str]) -> int:
    """Return the place of the only cell with a size and a limit; -1 if there is not one."""
    paired = [at for at, cell in enumerate(cells) if " / " in cell]
    fitting = [at for at in paired if _USED_OF.fullmatch(cells[at].strip(' "'))]
    return fitting[0] if len(fitting) == 1 else -1


def _read_bare(source: Source, found: Gathering, separator: str) -> None:
    """Rows of `docker stats --format` without a heading: a time, a name, sizes in any order."""
    clock = LoopClock(source, found)
    names: dict[str, int] = {}
    found.mark_read("MemUsage", _("the figure before the slash"))
    for number, line in enumerate(source.lines(), 1):
        cells = [cell.strip(' "\n') for cell in line.split(separator)]
        size_at = _size_at(cells)
        if size_at < 0:
            if line.strip():
                found.pass_line(number, line, _("no size"))
            continue
        others = [cell for at, cell in enumerate(cells) if at != size_at and cell]
        # What stands in front may hold a time and the name.
        is_timed = (
            bool(others)
            and (":" in others[0] or len(others[0]) >= 10)
            and (clock.set_time(others[0]))
        )
        words = [cell for cell in others[is_timed:] if not cell[:1].isdecimal() and cell != "--"]
        name = words[0] if words else "memory"
        if not is_timed and name in names:
            names.clear()
        if not is_timed and not names:
            clock.begin_block()
        names[name] = 1
        if line.endswith("\n"):
            found.series(name, name, kind="memory").add(clock.at, size_in(cells[size_at]))
    clock.finish()


class _Rows:
    """The rows below one heading."""

    def __init__(self, found: Gathering, titles: list[str]) -> None:
        self._found = found
        self._size = next(titles.index(one) for one in _SIZES if one in titles)
        # A pod of several containers is as many series; an id alone names a container, too.
        named = [one for one in _NAMES if one in titles]
        self._named = [titles.index(one) for one in named]
        short = [one for one in named if one not in ("CONTAINER ID", "ID")] or named
        self._shown = [titles.index(one) for one in short]
        self._known: dict[tuple[str, ...], Gathered] = {}

    def add_row(self, cells: list[str], at: float, *, is_whole: bool) -> bool:
        """Read one row; false if its size is none."""
        named = self._named
        key = (cells[named[0]],) if len(named) == 1 else tuple([cells[one] for one in named])
        series = self._known.get(key)
        if series is None:
            name = " ".join(cells[one] for one in self._shown)
            series = self._known[key] = self._found.series(key, name, kind="memory")
        told = cells[self._size]
        if told in _UNKNOWN or not is_whole:
            return True
        size = size_in(told)
        series.add(at, size)
        return size == size


def _titles(line: str) -> list[str]:
    """The titles of a heading; empty if it is none."""
    match = STAMP.match(line)
    text = line[match.end() :] if match else line
    titles = _cells(text)
    is_one = any(one in titles for one in _SIZES) and any(one in titles for one in _NAMES)
    return titles if is_one else []


def _cells(line: str) -> list[str]:
    """Split a line at tabs and at two blanks or more."""
    return [cell.strip() for cell in line.replace("\t", "  ").split("  ") if cell.strip()]

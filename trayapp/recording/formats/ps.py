"""Logs of a loop of `ps` or `smem`: a block of programs for each moment, with or without times.

Tried with ps of procps-ng 4.0.2 (`aux`, `-o pid,rss,…`, `-eo …`) and smem 1.5, with a line of
`date` before each block, with a time in front of each line, with the heading once, at every block,
or below a title for the time. RSS is read (of smem without it, PSS or USS): KiB, or with a letter
as `smem -k` writes it. Without any times, samples are placed one second apart, with a note.
"""

from __future__ import annotations

import re

from trayapp.language.catalogue import N_, _
from trayapp.recording.gathering import Gathering
from trayapp.recording.looped import STAMP, LoopClock, has_times_in, time_alone
from trayapp.recording.program_rows import PIDS, SIZES, ProgramRows
from trayapp.recording.source import Source, Start

NAME = "ps"
EXPECTS = N_("a log of ps or smem in a loop")
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_TITLE = re.compile(r"[%#]?[^\W\d][\w.%/+()-]*")
_TIMES = {"TIME", "DATE", "TIMESTAMP", "DATETIME", "EPOCH", "TS", "CLOCK"}
_OTHERS = {"VSZ", "%MEM", "SZ", "TTY", "ELAPSED"}
"""Titles of ps that say nothing of memory in use."""
_SIZES = {title for title, _kind in SIZES}
_AUX_TITLES = [
    "USER",
    "PID",
    "%CPU",
    "%MEM",
    "VSZ",
    "RSS",
    "TTY",
    "STAT",
    "START",
    "TIME",
    "COMMAND",
]
_AUX_ROW = re.compile(
    r"\S+\s+\d+\s+\d+(?:\.\d)?\s+\d+(?:\.\d)?\s+\d+\s+\d+"
    r"\s+(?:\?\??|pts/\d+|tty\S*|[sp]\d+)\s+[A-Z]\S*\s+\S+\s+\d+:\d\d(?:[.:]\d\d)?\s+\S"
)
_EXAMPLE = "'{time} +{pid} +{KiB} +{name}'"


def resembles(start: Start) -> float:
    for line in start.lines[:100]:
        titles = _titles(line)
        if titles:
            upper = {title.upper() for title in titles}
            return 0.9 if upper & _SIZES else 0.55 if upper & _OTHERS else 0.2
    if _has_aux_rows(start):
        return 0.9
    return 0.5 if _has_bare_rows(start) else 0.0


def _rows_of(start: Start) -> list[str]:
    """The first lines without times."""
    lines = [STAMP.sub("", line, count=1).strip() for line in start.lines[:40]]
    return [line for line in lines if line and not time_alone(line)]


def _has_aux_rows(start: Start) -> bool:
    """Whether rows are those of `ps aux` behind grep, which leaves no heading."""
    rows = _rows_of(start)
    return bool(rows) and sum(1 for row in rows if _AUX_ROW.match(row)) > 0.8 * len(rows)


def _has_bare_rows(start: Start) -> bool:
    """Whether rows are a few figures and at most a word: nothing tells what they are."""
    rows = [row.split() for row in _rows_of(start)]
    return (
        len(rows) > 1
        and has_times_in(start)
        and len({len(row) for row in rows}) == 1
        and all(row[0].isdecimal() and all(map(_FIGURE.fullmatch, row[:-1])) for row in rows)
    )


def read(source: Source, found: Gathering) -> None:
    if _has_bare_rows(source.start):
        text = _("{path} has rows without headings; describe them with --pattern {example}")
        raise source.refusal(text, example=_EXAMPLE)
    clock = LoopClock(source, found)
    rows = ProgramRows(found)
    is_stamped = any(STAMP.match(line) for line in source.start.lines[:20])
    titles: list[str] = []
    is_between = False
    if _has_aux_rows(source.start):
        titles = _AUX_TITLES
        rows.set_heading(titles)
        if not clock.has_times:
            clock.begin_block()
    for number, line in enumerate(source.lines(), 1):
        rest = clock.unstamped(line) if is_stamped else line
        if ("PID" in rest or "pid" in rest) and (now := _titles(rest)):
            clock.begin_block()
            is_between = False
            if now != titles:
                titles = now
            rows.set_heading(now)
            continue
        if not titles:
            clock.read_time(line)
            continue
        if not rows.tells_memory or not line.strip():
            # Behind a blank line other figures may stand, up to the next heading.
            is_between = not line.strip()
            continue
        if not clock.has_times and rows.is_next_sample(rest):
            clock.begin_block()
        if rows.add_row(rest, clock.at) or clock.read_time(line):
            continue
        if not is_between and not _is_rule(line):
            found.pass_line(number, line, _("not a row of ps"))
    if not rows.has_memory:
        raise source.refusal(_("{path} has no memory in it; create it with ps -o pid,rss,comm"))
    clock.finish()


def _is_rule(line: str) -> bool:
    """A line that only separates: "-----"."""
    return not any(character.isalnum() for character in line)


def _titles(line: str) -> list[str]:
    """The titles of a heading, without one for times in front; empty if it is none."""
    words = line.lstrip("# ").split()
    upper = [word.upper() for word in words]
    if not {*PIDS} & {*upper} or len(words) < 2 or "," in line or ";" in line:
        return []
    if any(word[:1].isdecimal() for word in words):
        # A time in front of it.
        match = STAMP.match(line)
        return _titles(line[match.end() :]) if match is not None and match.end() else []
    if not all(map(_TITLE.fullmatch, words)):
        return []
    while words and words[0].upper() in _TIMES and upper.index("PID") > 0:
        words, upper = words[1:], upper[1:]
    return words

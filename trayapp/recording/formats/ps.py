"""What a loop of `ps` or `smem` prints: a block of programs for each moment, with or without times.

Tried with ps of procps-ng 4.0.2 (`aux`, `-o pid,rss,…`, `-eo …`) and smem 1.5, with a line of
`date` before each block, with a time in front of each line, with the heading once, at every block,
or below a title for the time. RSS is read (of smem without it, PSS or USS): KiB, or with a letter
as `smem -k` writes it. Without any times, samples are placed one second apart, with a note.
"""

from __future__ import annotations

import re

from trayapp.errors import RecordingError
from trayapp.language.catalogue import N_, _
from trayapp.recording.gathering import Gathering
from trayapp.recording.looped import STAMP, LoopClock
from trayapp.recording.program_rows import PIDS, SIZES, ProgramRows
from trayapp.recording.source import Source, Start

NAME = "ps"
EXPECTS = N_("a log of ps or smem in a loop")
_TITLE = re.compile(r"[%#]?[^\W\d][\w.%/+()-]*")
_TIMES = {"TIME", "DATE", "TIMESTAMP", "DATETIME", "EPOCH", "TS", "CLOCK"}
_OTHERS = {"VSZ", "%MEM", "SZ", "TTY", "ELAPSED"}
"""Titles of ps that say nothing of memory in use."""
_SIZES = {title for title, _kind in SIZES}


def resembles(start: Start) -> float:
    """By a heading of blanks with a pid and a size among its titles."""
    for line in start.lines[:100]:
        titles = _titles(line)
        if titles:
            upper = {title.upper() for title in titles}
            return 0.9 if upper & _SIZES else 0.55 if upper & _OTHERS else 0.2
    return 0.0


def read(source: Source, found: Gathering) -> None:
    """Read what was printed.

    Raises: RecordingError if no memory is told in it.
    """
    clock = LoopClock(source, found)
    rows = ProgramRows(found)
    is_stamped = any(STAMP.match(line) for line in source.start.lines[:20])
    titles: list[str] = []
    met: set[str] = set()
    is_between = False
    for number, line in enumerate(source.lines(), 1):
        rest = clock.unstamped(line) if is_stamped else line
        if ("PID" in rest or "pid" in rest) and (now := _titles(rest)):
            clock.begin_block()
            met.clear()
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
        if not clock.has_times:
            # Without times and further headings, a pid that comes again is the next sample.
            pid = rows.pid_in(rest)
            if pid and pid in met:
                clock.begin_block()
                met.clear()
            met.add(pid)
        if rows.take(rest, clock.at) or clock.read_time(line):
            continue
        if is_between or not line.endswith("\n") or _is_rule(line):
            continue
        found.pass_over(number, line, _("no row of ps"))
    if not rows.has_memory:
        text = _("{path} has no memory in it; make it by ps -o pid,rss,comm")
        raise RecordingError(text.format(path=source.path))
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

"""What `collectl -P` prints: of programs (`-sZ`) and of the machine (`-sm`).

Tried with 4.3.1. Of programs VmRSS is read; of the machine [MEM]Used, which holds caches, without
[MEM]Buf and [MEM]Cached, and [MEM]SwapUsed; all in KiB.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trayapp.errors import RecordingError
from trayapp.language.catalogue import N_, _
from trayapp.language.units import KIB
from trayapp.recording.clocks import Clock
from trayapp.recording.gathering import Gathered, Gathering, number_of
from trayapp.recording.program_rows import program_name
from trayapp.recording.source import Source, Start

NAME = "collectl"
EXPECTS = N_("a log of collectl -P")
_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)")


def resembles(start: Start) -> float:
    """By its heading."""
    is_one = any(
        line.startswith(("#Date Time ", "#UTC ", "#Date,Time,", "#Date\tTime\t"))
        for line in start.lines
    )
    return 1.0 if is_one else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read all rows.

    Raises: RecordingError if memory was not recorded.
    """
    clock = Clock(
        zone=source.instructions.timezone, latest_wall_seconds=source.path.stat().st_mtime
    )
    titles: list[str] = []
    separator: str | None = None
    has_memory = False
    last: list[str] = []
    at = float("nan")
    known: dict[tuple[str, str], Gathered] = {}
    for number, line in enumerate(source.lines(), 1):
        if line.startswith(("#Date", "#UTC")):
            separator = next((one for one in ",;\t|" if one in line), None)
            titles = [title.strip() for title in line[1:].split(separator)]
            has_memory = has_memory or "VmRSS" in titles or "[MEM]Used" in titles
            continue
        if not titles or line.startswith("#") or not line.strip():
            continue
        is_program = "VmRSS" in titles
        words = line.strip().split(separator, len(titles) - 1 if is_program else -1)
        if words[:2] != last:
            last, at = words[:2], found.moment(_seconds(clock, titles, words))
        if at != at or len(words) < len(titles) - is_program:
            if line.endswith("\n"):
                found.pass_over(number, line, _("no row of collectl"))
        elif not line.endswith("\n"):
            continue
        elif is_program:
            pid, size = words[titles.index("PID")], number_of(words[titles.index("VmRSS")])
            if not pid.isdecimal() or size != size:
                found.pass_over(number, line, _("no pid or no VmRSS"))
                continue
            command = words[-1].strip() if len(words) == len(titles) else ""
            series = known.get((pid, command))
            if series is None:
                series = known[pid, command] = _program(found, pid, command)
            series.add(at, size * KIB)
        elif "[MEM]Used" in titles:
            _machine(found, dict(zip(titles, words, strict=False)), at)
    if titles and not has_memory:
        raise RecordingError(
            _("{path} is of collectl, but without memory; make it by collectl -sm -P or -sZ -P")
            .format(path=source.path)
        )  # fmt: skip
    for note in clock.notes:
        found.note(note)


def _seconds(clock: Clock, titles: Sequence[str], words: Sequence[str]) -> float:
    if titles[0] == "UTC":
        return number_of(words[0])
    day = _DAY.fullmatch(words[0])
    if day is None or len(words) < 2:
        return float("nan")
    return clock.read(f"{day[1]}-{day[2]}-{day[3]} {words[1]}")


def _program(found: Gathering, pid: str, command: str) -> Gathered:
    name = program_name(command)
    found.take("VmRSS", _("resident set"))
    return found.series(
        (pid, name), f"{name} {pid}".strip(), pid=int(pid), command_line=command[:4000],
        kind="resident set",
    )  # fmt: skip


def _machine(found: Gathering, row: dict[str, str], at: float) -> None:
    used = number_of(row["[MEM]Used"])
    for cache in ("[MEM]Buf", "[MEM]Cached"):
        used -= number_of(row.get(cache, "0"))
    found.take("[MEM]Used", _("the machine's memory in use, without caches, in KiB"))
    found.series("memory", _("memory used"), kind="machine").add(at, used * KIB)
    if (swap := number_of(row.get("[MEM]SwapUsed", ""))) == swap:
        found.series("swap", _("swap used"), kind="swap").add(at, swap * KIB)

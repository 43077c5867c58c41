"""Output of glances: `--export json`, `--stdout-json`, `--stdout`; its CSV is read as a table.

Tried with 4.5.8. Of JSON memory used of the machine (mem.used, memswap.used) and the resident set
of each program of the process list are read; of `--stdout` whatever was asked for that is memory.
`--stdout` tells no times: samples are placed one second apart, with a note.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from trayapp.language.catalogue import N_, _
from trayapp.recording.gathering import Gathering
from trayapp.recording.meaning import meaning_of
from trayapp.recording.quantities import number_of
from trayapp.recording.reading import LoopReading, json_lines, read_lines
from trayapp.recording.source import Source, Start

NAME = "glances"
EXPECTS = N_("JSON or --stdout of glances")
_STDOUT = re.compile(r"([a-z]\w*\.\w[\w.]*): (\S+)\s*")


def resembles(start: Start) -> float:
    if start.is_json:
        top = start.text
        is_own = '"memswap"' in top or '"processlist"' in top or '"percpu"' in top
        return 1.0 if start.text[:1] == "{" and is_own and '"mem"' in top else 0.0
    lines = [line for line in start.lines[:20] if line.strip()]
    is_stdout = len(lines) > 1 and all(map(_STDOUT.fullmatch, lines))
    return 0.9 if is_stdout and any("mem" in line for line in lines) else 0.0


def read(source: Source, found: Gathering) -> None:
    if not source.start.is_json:
        read_lines(source, _Stdout(source, found))
        return
    clock = source.clock()
    counted = 0
    for _number, one in json_lines(source, found):
        now = one.get("now")
        told = now.get("iso") or now.get("custom") if isinstance(now, dict) else now
        seconds = clock.read(str(told)) if told else float(counted)
        counted += not told
        _add_moment(found, found.moment(seconds), one)
    if counted:
        found.note_missing_times()
    found.note_guesses(clock)


def _add_moment(found: Gathering, at: float, one: Mapping[str, Any]) -> None:
    for plugin, series in (("mem", found.machine_memory), ("memswap", found.machine_swap)):
        part = one.get(plugin)
        if isinstance(part, dict) and isinstance(part.get("used"), (int, float)):
            found.mark_read(f"{plugin}.used", series().name)
            series().add(at, number_of(part["used"]))
    programs = one.get("processlist")
    for program in programs if isinstance(programs, list) else ():
        memory = program.get("memory_info") if isinstance(program, dict) else None
        if isinstance(memory, dict):
            size = memory.get("rss")
        elif isinstance(memory, list) and memory:
            size = memory[0]
        else:
            continue
        pid, name = program.get("pid"), str(program.get("name") or "")
        if isinstance(size, (int, float)) and isinstance(pid, int):
            found.program(pid, name).add(at, number_of(size))


class _Stdout(LoopReading):
    """Reads lines of a name and a value; the first name again begins the next sample."""

    def __init__(self, source: Source, found: Gathering) -> None:
        super().__init__(source, found)
        self._first = ""

    def add_line(self, number: int, line: str) -> None:
        match = _STDOUT.fullmatch(line)
        if match is None or not line.endswith("\n"):
            if line.strip() and not self._clock.read_time(line):
                self._found.pass_line(number, line, _("not a row of glances"))
            return
        name = match[1]
        self._first = self._first or name
        if name == self._first:
            self._clock.begin_block()
        meaning = meaning_of(name)
        if meaning.kind is None:
            reason = meaning.reason or _("not memory, judging by its name")
            self._found.leave_out(name, reason)
            return
        kind = "machine" if name == "mem.used" else meaning.kind
        self._found.series(name, name, kind=kind).add(self._clock.at, number_of(match[2]))

"""What glances writes: `--export json`, `--stdout-json`, `--stdout`; its CSV is read as a table.

Tried with 4.5.8. Of JSON memory used of the machine (mem.used, memswap.used) and the resident set
of each program of the process list are read; of `--stdout` whatever was asked for that is memory.
`--stdout` tells no times: samples are placed one second apart, with a note.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from trayapp.language.catalogue import N_, _
from trayapp.recording.clocks import Clock
from trayapp.recording.gathering import Gathering, number_of
from trayapp.recording.looped import LoopClock
from trayapp.recording.meaning import meaning_of
from trayapp.recording.source import Source, Start

NAME = "glances"
EXPECTS = N_("JSON or --stdout of glances")
_STDOUT = re.compile(r"([a-z]\w*\.\w[\w.]*): (\S+)\s*")
_MACHINE = (("mem", N_("memory used"), "machine"), ("memswap", N_("swap used"), "swap"))


def resembles(start: Start) -> float:
    """By the keys of its plugins, or lines of a name with a dot and a value."""
    if start.is_json:
        top = start.text
        is_own = '"memswap"' in top or '"processlist"' in top or '"percpu"' in top
        return 1.0 if start.text[:1] == "{" and is_own and '"mem"' in top else 0.0
    lines = [line for line in start.lines[:20] if line.strip()]
    is_stdout = len(lines) > 1 and all(map(_STDOUT.fullmatch, lines))
    return 0.9 if is_stdout and any("mem" in line for line in lines) else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read it, line by line."""
    if not source.start.is_json:
        _read_stdout(source, found)
        return
    clock = Clock(
        zone=source.instructions.timezone, latest_wall_seconds=source.path.stat().st_mtime
    )
    counted = 0
    for number, line in enumerate(source.lines(), 1):
        if not line.strip():
            continue
        try:
            one = json.loads(line)
        except (ValueError, RecursionError):
            if line.endswith("\n"):
                found.pass_over(number, line, _("no JSON"))
            continue
        if isinstance(one, dict):
            now = one.get("now")
            told = now.get("iso") or now.get("custom") if isinstance(now, dict) else now
            seconds = clock.read(str(told)) if told else float(counted)
            counted += not told
            _take(found, found.moment(seconds), one)
    if counted:
        found.note(
            _("no times in it: samples are placed one second apart, so rates are per sample")
        )
    for note in clock.notes:
        found.note(note)


def _take(found: Gathering, at: float, one: Mapping[str, Any]) -> None:
    for plugin, name, kind in _MACHINE:
        part = one.get(plugin)
        if isinstance(part, Mapping) and isinstance(part.get("used"), (int, float)):
            found.take(f"{plugin}.used", _(name))
            series = found.series(plugin, _(name), kind=kind)  # type: ignore[arg-type]
            series.add(at, float(part["used"]))
    programs = one.get("processlist")
    for program in programs if isinstance(programs, list) else ():
        memory = program.get("memory_info") if isinstance(program, Mapping) else None
        if isinstance(memory, Mapping):
            size = memory.get("rss")
        elif isinstance(memory, list) and memory:
            size = memory[0]
        else:
            continue
        pid, name = program.get("pid"), str(program.get("name") or "")
        if isinstance(size, (int, float)) and isinstance(pid, int):
            found.series((pid, name), f"{name} {pid}".strip(), pid=pid, kind="resident set").add(
                at, float(size)
            )


def _read_stdout(source: Source, found: Gathering) -> None:
    clock = LoopClock(source, found)
    first = ""
    for number, line in enumerate(source.lines(), 1):
        match = _STDOUT.fullmatch(line)
        if match is None or not line.endswith("\n"):
            if line.strip() and line.endswith("\n") and not clock.read_time(line):
                found.pass_over(number, line, _("no row of glances"))
            continue
        name = match[1]
        first = first or name
        if name == first:
            clock.begin_block()
        meaning = meaning_of(name)
        if meaning.kind is None:
            found.leave_out(name, meaning.reason or _("not memory, as far as its name tells"))
            continue
        kind = "machine" if name == "mem.used" else meaning.kind
        found.series(name, name, kind=kind).add(clock.at, number_of(match[2]))
    clock.finish()

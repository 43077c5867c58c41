"""Logs of `atop -P PRM,MEM` and `atop -J`, and raw files of atop through it.

Tried with 2.8.1. The resident set of each process (PRM; threads and what has ended passed over) is
read, in KiB; only where there are no processes, of the machine (MEM) what is neither free nor a
cache. JSON of PRM tells no names (PRG does), and lists threads as processes: those that come right
behind a process and have all of its sizes are taken for its threads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from trayapp.language.catalogue import N_, _
from trayapp.language.units import KIB
from trayapp.recording.gathering import Gathering
from trayapp.recording.quantities import number_of
from trayapp.recording.reading import json_lines, lines_printed_by
from trayapp.recording.source import Source, Start

NAME = "atop"
EXPECTS = N_("a log of atop -P PRM or atop -J, or a raw file of atop")
MAGIC = (b"\xef\xbe\xed\xfe", b"\xfe\xed\xbe\xef")
"""A raw file begins with 0xfeedbeef, in the machine's byte order."""
_HEAD = r"(\S+) (\d{9,11}) \d{4}/\d\d/\d\d \d\d:\d\d:\d\d \d+ "
_PROCESS = re.compile(rf"PRM {_HEAD}(\d+) \((.*)\) (\S) (\d+) (-?\d+) (-?\d+) (.*)")
_MEMORY = re.compile(rf"MEM {_HEAD}(\d+) (\d+) (\d+) (\d+) (\d+) (\d+)")
_ANY = re.compile(rf"[A-Za-z]{{3}} {_HEAD}")
_SIZES = ("vmem", "rmem", "vexec", "vdata", "vstack", "vlibs", "vlock")
_MACHINE = ("physmem", "freemem", "cachemem", "buffermem")


def resembles(start: Start) -> float:
    if start.raw.startswith(MAGIC):
        return 1.0
    if start.is_json:
        top = start.text[:400]
        return 1.0 if '"timestamp"' in top and '"elapsed"' in top and '"host"' in top else 0.0
    is_parsable = any(map(_ANY.match, start.lines[:10]))
    return 1.0 if is_parsable else 0.6 if start.text.startswith("ATOP - ") else 0.0


def read(source: Source, found: Gathering) -> None:
    if source.start.raw.startswith(MAGIC):
        command = ("atop", "-r", str(source.path.resolve()), "-P", "PRM,MEM")
        missing = _(
            "{path} is a raw file from atop; install atop to read it, or convert it "
            "with atop -r FILE -P PRM,MEM"
        )
        _add_lines(found, lines_printed_by(command, source, missing=missing))
    elif source.start.is_json:
        for number, one in json_lines(source, found):
            _add_moment(found, number, one)
    else:
        _add_lines(found, source.lines())
    found.prefer_programs("MEM")
    if not found.everyone:
        raise source.refusal(
            _("{path} is from atop, but has no memory in it; create it with atop -P PRM,MEM")
        )


def _add_lines(found: Gathering, lines: Iterable[str]) -> None:
    for number, line in enumerate(lines, 1):
        if line.startswith("PRM "):
            match = _PROCESS.match(line)
            rest = match[9].split() if match else []
            if match is None or len(rest) < 11:
                found.pass_line(number, line, _("not a PRM row"))
            # Whether it is a process stands behind the thread group.
            elif rest[10] != "n" and match[5] != "E" and line.endswith("\n"):
                _add_process(found, int(match[3]), match[4], float(match[2]), float(match[8]))
        elif line.startswith("MEM ") and line.endswith("\n") and (memory := _MEMORY.match(line)):
            page, total, free, cache, buffers = (float(memory[at]) for at in (3, 4, 5, 6, 7))
            size = (total - free - cache - buffers) * page
            found.machine_memory().add(found.moment(float(memory[2])), size)


def _add_process(found: Gathering, pid: int, name: str, seconds: float, size_kib: float) -> None:
    found.mark_read("rsize", _("resident set, in KiB"))
    found.program(pid, name).add(found.moment(seconds), size_kib * KIB)


def _add_moment(found: Gathering, number: int, one: Mapping[str, Any]) -> None:
    seconds = number_of(str(one.get("timestamp")))
    if seconds != seconds:
        found.pass_over(number, str(one)[:80], _("no time"))
        return
    general = {each.get("pid"): each for each in one.get("PRG") or () if isinstance(each, dict)}
    before: tuple[Any, ...] = ()
    for each in one.get("PRM") or ():
        if not isinstance(each, dict) or not isinstance(each.get("pid"), int):
            continue
        about = general.get(each["pid"], {})
        sizes = tuple(each.get(key) for key in _SIZES)
        is_thread = about.get("isproc") in (0, "n", False) if about else sizes == before
        before = sizes
        size = number_of(str(each.get("rmem")))
        if not is_thread and size == size:
            name = str(about.get("name", "")).strip("()")
            _add_process(found, each["pid"], name, seconds, size)
    memory = one.get("MEM")
    if isinstance(memory, dict):
        total, *others = (number_of(str(memory.get(key))) for key in _MACHINE)
        found.machine_memory().add(found.moment(seconds), total - sum(others))

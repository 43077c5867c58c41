"""What `atop -P PRM,MEM` and `atop -J` print, and raw files of atop through it.

Tried with 2.8.1. The resident set of each process (PRM; threads and what has ended passed over) is
read, in KiB; only where there are no processes, of the machine (MEM) what is neither free nor a
cache. JSON of PRM tells no names (PRG does), and lists threads as processes: those that come right
behind a process and have all of its sizes are taken for its threads.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from trayapp.errors import RecordingError
from trayapp.language.catalogue import N_, _
from trayapp.language.units import KIB
from trayapp.recording.gathering import Gathering, number_of
from trayapp.recording.source import Source, Start

NAME = "atop"
EXPECTS = N_("a log of atop -P PRM or atop -J, or a raw file of atop")
MAGIC = (b"\xef\xbe\xed\xfe", b"\xfe\xed\xbe\xef")
"""A raw file begins with 0xfeedbeef, in the machine's byte order."""
_ATOP_SECONDS = 120.0
_HEAD = r"(\S+) (\d{9,11}) \d{4}/\d\d/\d\d \d\d:\d\d:\d\d \d+ "
_PROCESS = re.compile(rf"PRM {_HEAD}(\d+) \((.*)\) (\S) (\d+) (-?\d+) (-?\d+) (.*)")
_MEMORY = re.compile(rf"MEM {_HEAD}(\d+) (\d+) (\d+) (\d+) (\d+) (\d+)")
_ANY = re.compile(rf"[A-Za-z]{{3}} {_HEAD}")
_SIZES = ("vmem", "rmem", "vexec", "vdata", "vstack", "vlibs", "vlock")


def resembles(start: Start) -> float:
    """By its first bytes, labels or keys."""
    if start.raw.startswith(MAGIC):
        return 1.0
    if start.is_json:
        top = start.text[:400]
        return 1.0 if '"timestamp"' in top and '"elapsed"' in top and '"host"' in top else 0.0
    is_parsable = any(map(_ANY.match, start.lines[:10]))
    return 1.0 if is_parsable else 0.6 if start.text.startswith("ATOP - ") else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read what was printed, or have a raw file printed.

    Raises: RecordingError if there is no memory in it; or no atop for a raw file.
    """
    if source.start.raw.startswith(MAGIC):
        _take_lines(found, _of_raw_file(source))
    elif source.start.is_json:
        for number, line in enumerate(source.lines(), 1):
            _take_json(found, number, line)
    else:
        _take_lines(found, source.lines())
    if any(key != "machine" for key in found.everyone) and "machine" in found:
        found.drop("machine")
        found.leave_out("MEM", _("of the machine; programs are read"))
    if not found.everyone:
        raise RecordingError(
            _("{path} is of atop, but without memory; make it by atop -P PRM,MEM").format(
                path=source.path
            )
        )


def _of_raw_file(source: Source) -> Iterator[str]:
    """The lines that atop makes of it."""
    program = shutil.which("atop")
    if program is None:
        raise RecordingError(
            _(
                "{path} is a raw file of atop; install atop, which reads it, or convert it by"
                " atop -r FILE -P PRM,MEM"
            ).format(path=source.path)
        )
    command = [program, "-r", str(source.path.resolve()), "-P", "PRM,MEM"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_ATOP_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        raise RecordingError(
            _("cannot read {path}: {reason}").format(path=source.path, reason=error)
        ) from error
    if not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().replace("\n", " ")[:200]
        raise RecordingError(
            _("atop cannot read {path}: {reason}").format(path=source.path, reason=said)
        )
    yield from done.stdout.decode("utf-8", "replace").splitlines(keepends=True)


def _take_lines(found: Gathering, lines: Iterable[str]) -> None:
    for number, line in enumerate(lines, 1):
        if line.startswith("PRM "):
            match = _PROCESS.match(line)
            rest = match[9].split() if match else []
            if match is None or len(rest) < 11:
                if line.endswith("\n"):
                    found.pass_over(number, line, _("no row of PRM"))
                continue
            # Whether it is a process stands behind the thread group.
            if rest[10] == "n" or match[5] == "E" or not line.endswith("\n"):
                continue
            _process(found, int(match[3]), match[4], float(match[2]), float(match[8]))
        elif line.startswith("MEM ") and (memory := _MEMORY.match(line)) is not None:
            page, total, free, cache, buffers = (float(memory[at]) for at in (3, 4, 5, 6, 7))
            if line.endswith("\n"):
                _machine(found, float(memory[2]), (total - free - cache - buffers) * page)


def _process(found: Gathering, pid: int, name: str, seconds: float, size_kib: float) -> None:
    found.take("rsize", _("resident set, in KiB"))
    series = found.series((pid, name), f"{name} {pid}".strip(), pid=pid, kind="resident set")
    series.add(found.moment(seconds), size_kib * KIB)


def _machine(found: Gathering, seconds: float, size: float) -> None:
    series = found.series("machine", _("memory used"), kind="machine")
    series.add(found.moment(seconds), size)


def _take_json(found: Gathering, number: int, line: str) -> None:
    if not line.strip():
        return
    try:
        one = json.loads(line)
    except (ValueError, RecursionError):
        if line.endswith("\n"):
            found.pass_over(number, line, _("no JSON"))
        return
    seconds = number_of(str(one.get("timestamp"))) if isinstance(one, dict) else float("nan")
    if seconds != seconds:
        found.pass_over(number, line[:80], _("no time"))
        return
    general = {each.get("pid"): each for each in one.get("PRG") or () if isinstance(each, Mapping)}
    before: tuple[Any, ...] = ()
    for each in one.get("PRM") or ():
        if not isinstance(each, Mapping) or not isinstance(each.get("pid"), int):
            continue
        about = general.get(each["pid"], {})
        sizes = tuple(each.get(key) for key in _SIZES)
        is_thread = about.get("isproc") in (0, "n", False) if about else sizes == before
        before = sizes
        size = number_of(str(each.get("rmem")))
        if not is_thread and size == size:
            _process(found, each["pid"], str(about.get("name", "")).strip("()"), seconds, size)
    memory = one.get("MEM")
    if isinstance(memory, Mapping):
        parts = [
            number_of(str(memory.get(key)))
            for key in ("physmem", "freemem", "cachemem", "buffermem")
        ]
        _machine(found, seconds, parts[0] - sum(parts[1:]))

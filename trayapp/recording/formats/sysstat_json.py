"""What `sadf -j` and `pidstat -o JSON` of sysstat write.

Tried with 12.6.1 and 12.8.0. Of programs RSS is read, of the machine memused (in old files without
buffers and cached) and swpused, all in KiB.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from trayapp.errors import RecordingError
from trayapp.language.catalogue import N_, _
from trayapp.language.units import KIB
from trayapp.recording.clocks import Clock
from trayapp.recording.formats.sar import MachineMemory
from trayapp.recording.gathering import Gathering, number_of
from trayapp.recording.json_stream import JsonError, broken
from trayapp.recording.program_rows import program_name
from trayapp.recording.source import Source, Start

NAME = "sysstat"
EXPECTS = N_("JSON of sadf -j or pidstat -o JSON")
_HOST = "*.sysstat.hosts.*"


def resembles(start: Start) -> float:
    """By its first keys."""
    top = start.text[:400]
    return 1.0 if start.is_json and '"sysstat"' in top and '"hosts"' in top else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read it, moment by moment.

    Raises: RecordingError if there is no memory in it.
    """
    reading = _Reading(source, found)
    places = (f"{_HOST}.date", f"{_HOST}.statistics.*", f"{_HOST}.restarts.*")
    try:
        for number, (place, value) in enumerate(source.json().values(*places), 1):
            if place[-1] == "date":
                reading.take_date(str(value))
            elif "statistics" in place and isinstance(value, Mapping):
                reading.take(number, value)
    except JsonError as error:
        found.note(broken(error))
    reading.finish(source)


class _Reading:
    """One document while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        self._found = found
        self._clock = Clock(
            zone=source.instructions.timezone, latest_wall_seconds=source.path.stat().st_mtime
        )
        self._machine = MachineMemory(found)
        self._has_programs = False
        self._last = math.nan

    def take_date(self, text: str) -> None:
        self._clock.set_date(text)

    def take(self, number: int, value: Mapping[str, Any]) -> None:
        seconds = self._seconds(value.get("timestamp"))
        if seconds != seconds:
            self._found.pass_over(number, str(value.get("timestamp")), _("no time"))
            return
        self._last = seconds
        at = self._found.moment(seconds)
        programs = value.get("task-memory")
        if isinstance(programs, list):
            self._has_programs = True
            self._found.take("RSS", _("resident set"))
            self._found.leave_out("VSZ", _("address space, not memory in use"))
            for one in programs:
                self._program(number, one, at)
        memory = value.get("memory")
        if isinstance(memory, Mapping):
            self._take_machine(memory, at)

    def _seconds(self, told: Any) -> float:
        if isinstance(told, str):
            return self._clock.read(told)
        if not isinstance(told, Mapping):
            return math.nan
        zone = told.get("tz", "UTC" if told.get("utc") == 1 else "")
        return self._clock.read(f"{told.get('date', '')} {told.get('time', '')} {zone}".strip())

    def _program(self, number: int, one: Any, at: float) -> None:
        if not isinstance(one, Mapping):
            return
        pid, size = str(one.get("PID", one.get("TGID", ""))), number_of(str(one.get("RSS")))
        if not pid.isdecimal() or size != size:
            # Threads have "-" there.
            if pid != "-":
                self._found.pass_over(number, str(dict(one)), _("no pid or no RSS"))
            return
        command = str(one.get("cmd", one.get("Command", "")))
        name = program_name(command)
        self._found.series(
            (pid, name), f"{name} {pid}".strip(), pid=int(pid), command_line=command,
            kind="resident set",
        ).add(at, size * KIB)  # fmt: skip

    def _take_machine(self, memory: Mapping[str, Any], at: float) -> None:
        used, swap = number_of(str(memory.get("memused"))), number_of(str(memory.get("swpused")))
        if used == used:
            if "avail" not in memory:
                used -= number_of(str(memory.get("buffers", 0)))
                used -= number_of(str(memory.get("cached", 0)))
            self._machine.take_titles([f"kb{one}" for one in memory])
            self._machine.used().add(at, used * KIB)
        if swap == swap:
            self._machine.take_titles(["kbswpused"])
            self._machine.swap().add(at, swap * KIB)

    def finish(self, source: Source) -> None:
        """Raises: RecordingError."""
        if not self._has_programs and not self._machine.has_memory:
            raise RecordingError(
                _(
                    "{path} is of sysstat, but without memory; make it by sadf -j -- -r or"
                    " pidstat -o JSON -r"
                ).format(path=source.path)
            )
        for note in self._clock.notes:
            self._found.note(note)
        if shift := self._clock.shift_seconds(self._last):
            self._found.shift_seconds = shift

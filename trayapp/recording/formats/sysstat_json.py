"""JSON of sysstat's `sadf -j` and `pidstat -o JSON`.

Tried with 12.6.1 and 12.8.0. Of programs RSS is read, of the machine memused (in old files without
buffers and cached) and swpused, all in KiB.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from trayapp.language.catalogue import N_, _
from trayapp.language.units import KIB
from trayapp.recording.formats.sar import MachineFigures
from trayapp.recording.gathering import Gathering
from trayapp.recording.program_rows import program_name
from trayapp.recording.quantities import number_of
from trayapp.recording.reading import Reading, json_values
from trayapp.recording.source import Source, Start

NAME = "sysstat"
EXPECTS = N_("JSON of sadf -j or pidstat -o JSON")
_HOST = "*.sysstat.hosts.*"


def resembles(start: Start) -> float:
    top = start.text[:400]
    return 1.0 if start.is_json and '"sysstat"' in top and '"hosts"' in top else 0.0


def read(source: Source, found: Gathering) -> None:
    reading = _Reading(source, found)
    places = (f"{_HOST}.date", f"{_HOST}.statistics.*")
    for number, place, value in json_values(source, found, *places):
        if place[-1] == "date":
            reading.set_date(str(value))
        elif isinstance(value, dict):
            reading.add_moment(number, value)
    reading.finish()


class _Reading(Reading):
    """One document while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        super().__init__(source, found)
        self._machine = MachineFigures(found)
        self.set_date = self._clock.set_date
        self._has_programs = False
        self._last = math.nan

    def add_moment(self, number: int, value: Mapping[str, Any]) -> None:
        """Read what was measured at one time."""
        seconds = self._seconds(value.get("timestamp"))
        if seconds != seconds:
            self._found.pass_over(number, str(value.get("timestamp")), _("no time"))
            return
        self._last = seconds
        at = self._found.moment(seconds)
        programs = value.get("task-memory")
        if isinstance(programs, list):
            self._has_programs = True
            self._found.mark_read("RSS", _("resident set"))
            self._found.leave_out("VSZ", _("address space, not memory in use"))
            for one in programs:
                if isinstance(one, dict):
                    self._add_program(number, one, at)
        memory = value.get("memory")
        if isinstance(memory, dict):
            figures = {f"kb{key}": number_of(str(one)) for key, one in memory.items()}
            self._machine.mark_titles(figures)
            self._machine.add_figures(at, figures)

    def _seconds(self, told: Any) -> float:
        if isinstance(told, str):
            return self._clock.read(told)
        if not isinstance(told, dict):
            return math.nan
        zone = told.get("tz", "UTC" if told.get("utc") == 1 else "")
        return self._clock.read(f"{told.get('date', '')} {told.get('time', '')} {zone}".strip())

    def _add_program(self, number: int, one: Mapping[str, Any], at: float) -> None:
        pid, size = str(one.get("PID", one.get("TGID", ""))), number_of(str(one.get("RSS")))
        if not pid.isdecimal() or size != size:
            # Threads have "-" there.
            if pid != "-":
                self._found.pass_over(number, str(one), _("no pid or no RSS"))
            return
        command = str(one.get("cmd", one.get("Command", "")))
        self._found.program(pid, program_name(command), command).add(at, size * KIB)

    def finish(self) -> None:
        if not self._has_programs and not self._machine.has_memory:
            raise self._source.refusal(
                _(
                    "{path} is from sysstat, but has no memory in it; create it with sadf -j "
                    "-- -r or pidstat -o JSON -r"
                )
            )
        self._found.note_guesses(self._clock, self._last)

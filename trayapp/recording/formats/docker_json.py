"""JSON of `docker stats`: lines of `--format json`, or what Docker's interface streams.

Tried with docker 28.2.2. Of the lines MemUsage is read, what stands before the slash; they tell no
times: samples are placed one second apart, with a note. Of the interface (`/containers/ID/stats`)
what `docker stats` reckons is read: usage without inactive_file (or, of cgroup v1,
total_inactive_file), at the time in "read".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from trayapp.language.catalogue import N_, _
from trayapp.recording.clocks import Clock
from trayapp.recording.gathering import Gathered, Gathering
from trayapp.recording.json_stream import JsonError, broken
from trayapp.recording.quantities import size_in
from trayapp.recording.source import Source, Start

NAME = "docker stats"
EXPECTS = N_("JSON of docker stats")
_UNKNOWN = ("--", "-- / --", "0B / 0B", "")
_TIMES = ("time", "Time", "timestamp", "Timestamp", "date", "Date", "ts", "@timestamp")


def resembles(start: Start) -> float:
    """By its keys."""
    top = start.text[:4000]
    if not start.is_json:
        return 0.0
    if '"MemUsage"' in top and ('"Name"' in top or '"Container"' in top or '"name"' in top):
        return 1.0
    return 1.0 if '"memory_stats"' in top and '"read"' in top else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read it, line by line."""
    reading = _Reading(source, found)
    if source.start.text[:1] == "[":
        try:
            for number, (_place, value) in enumerate(source.json().values("*.*"), 1):
                if isinstance(value, Mapping):
                    reading.take(number, value)
        except JsonError as error:
            found.note(broken(error))
    else:
        # A line each: what moves a terminal's cursor between them is no JSON.
        for number, line in enumerate(source.lines(), 1):
            reading.take_line(number, line)
    reading.finish()


class _Reading:
    """One file while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        self._found = found
        self._clock = Clock(
            zone=source.instructions.timezone, latest_wall_seconds=source.path.stat().st_mtime
        )
        self._known: dict[tuple[str, str], Gathered] = {}
        self._met: set[str] = set()
        self._blocks = 0
        self._at = 0.0
        self._is_counted = False

    def take_line(self, number: int, line: str) -> None:
        start = line.find("{")
        if start < 0:
            return
        try:
            value = json.loads(line[start:])
        except (ValueError, RecursionError):
            if line.endswith("\n"):
                self._found.pass_over(number, line, _("no JSON"))
            return
        if isinstance(value, dict):
            self.take(number, value)

    def take(self, number: int, value: Mapping[str, Any]) -> None:
        if "memory_stats" in value:
            self._take_raw(number, value)
            return
        told = value.get("MemUsage")
        if not isinstance(told, str):
            self._found.pass_over(number, str(dict(value)), _("no size or no time"))
            return
        name = str(value.get("Name") or value.get("name") or value.get("Container") or "")
        time = next((str(value[one]) for one in _TIMES if one in value), "")
        at = self._found.moment(self._clock.read(time)) if time else self._counted(name)
        if told in _UNKNOWN:
            return
        size = size_in(told)
        if size != size or at != at:
            self._found.pass_over(number, str(dict(value)), _("no size or no time"))
            return
        key = str(value.get("ID") or value.get("Container") or name), name
        series = self._known.get(key)
        if series is None:
            self._found.take("MemUsage", _("what stands before the slash"))
            series = self._known[key] = self._found.series(key, name, kind="memory")
        series.add(at, size)

    def _counted(self, name: str) -> float:
        """A name that comes again begins the next sample."""
        self._is_counted = True
        if not self._met or name in self._met:
            self._met.clear()
            self._at = self._found.moment(float(self._blocks))
            self._blocks += 1
        self._met.add(name)
        return self._at

    def _take_raw(self, number: int, value: Mapping[str, Any]) -> None:
        memory = value.get("memory_stats")
        usage = memory.get("usage") if isinstance(memory, Mapping) else None
        at = self._found.moment(self._clock.read(str(value.get("read", ""))))
        if not isinstance(usage, (int, float)) or at != at or not isinstance(memory, Mapping):
            # A container that has stopped tells no memory.
            if memory not in ({}, None):
                self._found.pass_over(number, str(memory), _("no usage or no time"))
            return
        stats = memory.get("stats")
        stats = stats if isinstance(stats, Mapping) else {}
        cache = stats.get("total_inactive_file", stats.get("inactive_file", 0))
        if isinstance(cache, (int, float)) and cache < usage:
            usage -= cache
        self._found.take("memory_stats.usage", _("without inactive_file, as docker stats reckons"))
        name = str(value.get("name") or value.get("id") or "container").lstrip("/")
        self._found.series(str(value.get("id") or name), name, kind="memory").add(at, float(usage))

    def finish(self) -> None:
        if self._is_counted:
            self._found.note(
                _("no times in it: samples are placed one second apart, so rates are per sample")
            )
        for note in self._clock.notes:
            self._found.note(note)

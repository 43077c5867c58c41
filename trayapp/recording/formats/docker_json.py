"""JSON of `docker stats`: lines of `--format json`, or what Docker's interface streams.

Tried with docker 28.2.2. Of the lines MemUsage is read, what stands before the slash; they tell no
times: samples are placed one second apart, with a note. Of the interface (`/containers/ID/stats`)
what `docker stats` reckons is read: usage without inactive_file (or, of cgroup v1,
total_inactive_file), at the time in "read".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from trayapp.language.catalogue import N_, _
from trayapp.recording.gathering import Gathered, Gathering
from trayapp.recording.quantities import number_of, size_in
from trayapp.recording.reading import LoopReading, json_lines, json_values
from trayapp.recording.source import Source, Start

NAME = "docker stats"
EXPECTS = N_("JSON of docker stats")
_UNKNOWN = ("--", "-- / --", "0B / 0B", "")
_TIMES = ("time", "Time", "timestamp", "Timestamp", "date", "Date", "ts", "@timestamp")


def resembles(start: Start) -> float:
    top = start.text[:4000]
    if not start.is_json:
        return 0.0
    if '"MemUsage"' in top and ('"Name"' in top or '"Container"' in top or '"name"' in top):
        return 1.0
    return 1.0 if '"memory_stats"' in top and '"read"' in top else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read a list whole, and anything else line by line.

    What moves a terminal's cursor between lines is no JSON, so that they are no stream of values.
    """
    reading = _Reading(source, found)
    if source.start.text[:1] == "[":
        for number, _place, value in json_values(source, found, "*.*"):
            reading.add_object(number, value)
    else:
        for number, value in json_lines(source, found, reading.read_time):
            reading.add_object(number, value)
    reading.finish()


class _Reading(LoopReading):
    """One file while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        super().__init__(source, found)
        self._known: dict[tuple[str, str], Gathered] = {}
        self._met: set[str] = set()
        self._time_key: str | None = None

    def add_object(self, number: int, value: Any) -> None:
        """Read what is told of one container."""
        if not isinstance(value, dict):
            return
        if "memory_stats" in value:
            self._add_answer(number, value)
            return
        told = value.get("MemUsage")
        if not isinstance(told, str):
            self._found.pass_over(number, str(value), _("no size or no time"))
            return
        name = str(value.get("Name") or value.get("name") or value.get("Container") or "")
        if self._time_key is None or (self._time_key and self._time_key not in value):
            self._time_key = next((one for one in _TIMES if one in value), "")
        if self._time_key:
            told_time = self._clock.set_time(str(value[self._time_key]))
            at = self._clock.at if told_time else math.nan
        else:
            if name in self._met or not self._met:
                # A name that comes again begins the next sample.
                self._clock.begin_block()
                self._met.clear()
            self._met.add(name)
            at = self._clock.at
        if told in _UNKNOWN:
            return
        size = size_in(told)
        if size != size or at != at:
            self._found.pass_over(number, str(value), _("no size or no time"))
            return
        key = str(value.get("ID") or value.get("Container") or name), name
        series = self._known.get(key)
        if series is None:
            self._found.mark_read("MemUsage", _("the figure before the slash"))
            series = self._known[key] = self._found.series(key, name)
        series.add(at, size)

    def _add_answer(self, number: int, value: Mapping[str, Any]) -> None:
        memory = value.get("memory_stats")
        usage = memory.get("usage") if isinstance(memory, dict) else None
        at = self._clock.at if self._clock.set_time(str(value.get("read", ""))) else math.nan
        if not isinstance(usage, (int, float)) or at != at or not isinstance(memory, dict):
            # A container that has stopped tells no memory.
            if memory not in ({}, None):
                self._found.pass_over(number, str(memory), _("no usage or no time"))
            return
        stats = memory.get("stats")
        stats = stats if isinstance(stats, dict) else {}
        cache = stats.get("total_inactive_file", stats.get("inactive_file", 0))
        if isinstance(cache, (int, float)) and cache < usage:
            usage -= cache
        reckoned = _("without inactive_file, as docker stats counts it")
        self._found.mark_read("memory_stats.usage", reckoned)
        name = str(value.get("name") or value.get("id") or "container").lstrip("/")
        self._found.series(str(value.get("id") or name), name).add(at, number_of(usage))

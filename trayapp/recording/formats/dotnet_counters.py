"""Files of `dotnet-counters collect`, as CSV or JSON.

Written after its source and public files of 3.1 to 9; not run. Working set and heap are read: of
the older names in MB, which .NET reckons as a million bytes, of the newer ("(By)") in bytes; the
heap's generations are added up.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from itertools import chain

from trayapp.language.catalogue import N_, _
from trayapp.recording.calendars import Order
from trayapp.recording.clocks import Clock
from trayapp.recording.gathering import Gathered, Gathering
from trayapp.recording.quantities import number_of
from trayapp.recording.reading import json_values
from trayapp.recording.records import Kind
from trayapp.recording.source import Source, Start

NAME = "dotnet-counters"
EXPECTS = N_("a file of dotnet-counters collect")
_TITLES = "Timestamp,Provider,Counter Name,Counter Type"
_WANTED: tuple[tuple[str, str, Kind], ...] = (
    ("Working Set", N_("working set"), "resident set"),
    ("dotnet.process.memory.working_set", N_("working set"), "resident set"),
    ("process.memory.usage", N_("working set"), "resident set"),
    ("GC Heap Size", N_("GC heap"), "heap"),
    ("dotnet.gc.last_collection.heap.size", N_("GC heap"), "heap"),
)
_UNITS = {"MB": 1e6, "KB": 1e3, "GB": 1e9, "B": 1.0, "By": 1.0}
_UNIT = re.compile(r"\((\w+)\)")


def resembles(start: Start) -> float:
    if start.is_json:
        top = start.text[:1000]
        return 1.0 if '"TargetProcess"' in top and '"Events"' in top else 0.0
    return 1.0 if start.text.startswith(_TITLES) else 0.0


def read(source: Source, found: Gathering) -> None:
    clock = source.clock()
    events = _of_json(source, found) if source.start.is_json else _of_table(source, found, clock)
    sums: dict[str, _Sum] = {}
    for number, told, name, tags, value in events:
        wanted = next((one for one in _WANTED if name.startswith(one[0])), None)
        unit = _UNIT.search(name)
        if wanted is None or "/" in name:
            if "Memory" in name or "Heap" in name or "memory" in name or "heap" in name:
                found.leave_out(name, _("not the working set or the heap"))
            continue
        at, size = (
            clock.read(told),
            number_of(value) * _UNITS.get(unit[1] if unit else "MB", math.nan),
        )
        if at != at or size != size:
            found.pass_over(number, f"{told} {name} {value}", _("no time or no size"))
            continue
        found.mark_read(name.split("[")[0], _(wanted[1]))
        series = found.series(wanted[1], _(wanted[1]), kind=wanted[2])
        moment = found.moment(at)
        if tags:
            sums.setdefault(wanted[1], _Sum()).add_part(series, moment, tags, size)
        else:
            series.add(moment, size)
    for _text, name, kind in _WANTED:
        if name in sums:
            sums.pop(name).finish(found.series(name, _(name), kind=kind))
    if not found.everyone:
        raise source.refusal(
            _("{path} is from dotnet-counters, but has no memory in it; collect System.Runtime")
        )
    found.note_guesses(clock)


class _Sum:
    """Adds up the parts of each moment; of one that lacks some, nothing is known."""

    def __init__(self) -> None:
        self._at = math.nan
        self._parts: dict[str, float] = {}
        self._most = 0
        self._first: tuple[float, float] | None = None
        """The first sum, until the next moment shows that it had all parts."""

    def add_part(self, series: Gathered, at: float, name: str, size: float) -> None:
        """Take a part; once the next moment has come, the sum is a sample."""
        if at != self._at:
            self.finish(series)
            self._at, self._parts = at, {}
        self._parts[name] = size

    def finish(self, series: Gathered) -> None:
        count, size = len(self._parts), sum(self._parts.values())
        if self._first is not None and count <= self._most:
            series.add(*self._first)
        if self._most and count >= self._most:
            series.add(self._at, size)
        self._first = None if self._most or not count else (self._at, size)
        self._most = max(self._most, count)


def _order(times: list[str]) -> Order:
    """Month first, as .NET writes them where no language is set, unless the dates say otherwise."""
    numbers = [re.match(r"(\d{1,2})/(\d{1,2})/", told) for told in times]
    return "dmy" if any(one and int(one[1]) > 12 for one in numbers) else "mdy"


_Event = tuple[int, str, str, str, str]


def _of_table(source: Source, found: Gathering, clock: Clock) -> Iterator[_Event]:
    rows = csv.reader(source.whole_lines())
    next(rows, None)
    first = [row for _number, row in zip(range(200), rows, strict=False)]
    clock.order = _order([row[0] for row in first if row])
    for number, row in enumerate(chain(first, rows), 2):
        if len(row) >= 5:
            name = row[2]
            yield number, row[0], name, name.partition("[")[2], row[4]
        elif row and any(row):
            found.pass_over(number, ",".join(row), _("a column is missing"))


def _of_json(source: Source, found: Gathering) -> Iterator[_Event]:
    for number, _place, one in json_values(source, found, "*.Events.*"):
        if isinstance(one, dict):
            tags = str(one.get("tags") or "")
            name, value = str(one.get("name", "")), str(one.get("value"))
            yield number, str(one.get("timestamp", "")), name, tags, value

"""Answers of Netdata's `/api/v1/data`, as JSON (also `jsonwrap`, `objectrows`) or CSV.

Written after its documentation and public answers; not run. Of system.ram "used" is read; of a
wrapped answer, which names its chart, every dimension of a chart of memory but what is free or a
cache. Netdata's charts of memory are in MiB, which the answer does not tell: a note says so.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from typing import Any

from trayapp.language.catalogue import N_, _
from trayapp.language.units import MIB
from trayapp.recording.gathering import Gathering
from trayapp.recording.meaning import meaning_of, words_of
from trayapp.recording.quantities import number_of
from trayapp.recording.reading import Reading, json_values
from trayapp.recording.source import Source, Start

NAME = "Netdata"
EXPECTS = N_("an answer of Netdata's data")
_RAM = {"free", "used", "cached", "buffers"}
_MEMORY_CHARTS = {"ram", "mem", "memory", "rss", "swap", "private", "anon", "vmem"}
_NO_USE = {"free", "cached", "buffers", "cache", "avail", "available", "total", "limit", "file"}


def resembles(start: Start) -> float:
    top = start.text[:6000]
    if start.is_json:
        if '"labels"' in top and '"data"' in top and '"time"' in top:
            return 1.0
        return 0.9 if top[:1] == "[" and _is_ram_objects(top) else 0.0
    first = start.lines[0] if start.lines else ""
    titles = [title.strip(' "') for title in first.replace("\t", ",").split(",")]
    return 0.9 if titles[:1] == ["time"] and {*titles[1:]} == _RAM else 0.0


def _is_ram_objects(top: str) -> bool:
    end = top.find("}")
    try:
        one = json.loads(top[top.index("{") : end + 1])
    except ValueError:
        return False
    return isinstance(one, dict) and {*one} == {"time", *_RAM}


def read(source: Source, found: Gathering) -> None:
    reading = _Reading(source, found)
    if source.start.is_json:
        reading.add_json(source)
    else:
        tab = "\t" if "\t" in (source.start.lines or ("",))[0] else ","
        rows = csv.reader(source.whole_lines(), delimiter=tab)
        reading.set_titles(next(rows, []))
        for number, row in enumerate(rows, 2):
            reading.add_row(number, row)
    reading.finish()


class _Reading(Reading):
    """One answer while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        super().__init__(source, found)
        self._chart = ""
        self._titles: list[str] = []
        self._used: dict[int, str] = {}

    def add_json(self, source: Source) -> None:
        places: tuple[str, ...] = (
            "*.id", "*.name", "*.chart", "*.context", "*.labels", "*.data.*", "*.result.labels",
            "*.result.data.*",
        )  # fmt: skip
        if source.start.text[:1] == "[":
            places = ("*.*",)
        for number, place, value in json_values(source, self._found, *places):
            if place[-1] in ("id", "name", "chart", "context"):
                self._chart = self._chart or str(value)
            elif place[-1] == "labels" and isinstance(value, list):
                self.set_titles([str(one) for one in value])
            elif isinstance(value, list) and isinstance(place[-1], int):
                self.add_row(number, value)
            elif isinstance(value, dict) and "time" in value:
                self.set_titles([str(one) for one in value])
                self.add_row(number, list(value.values()))

    def set_titles(self, titles: Sequence[str]) -> None:
        if titles == self._titles:
            return
        self._titles = list(titles)
        words = {*words_of(self._chart.replace(".", " "))}
        is_memory_chart = bool(words & _MEMORY_CHARTS) and not words & {"available", "percent"}
        self._used = {}
        for at, title in enumerate(titles):
            if title == "time":
                continue
            meaning = meaning_of(title)
            is_used = "used" in words_of(title) and not meaning.reason
            if is_used or (is_memory_chart and not {*words_of(title)} & _NO_USE):
                self._used[at] = title
            else:
                reason = meaning.reason or _("its chart is not named, so it may not be memory")
                self._found.leave_out(title, reason)

    def add_row(self, number: int, row: Sequence[Any]) -> None:
        if not self._used:
            return
        if len(row) != len(self._titles):
            self._found.pass_over(number, str(list(row)), _("not a row of this table"))
            return
        at = self._found.moment(self._clock.read(str(row[self._titles.index("time")])))
        if at != at:
            self._found.pass_over(number, str(list(row)), _("no time"))
            return
        for where, title in self._used.items():
            value = row[where][0] if isinstance(row[where], list) else row[where]
            kind = "machine" if title == "used" else "memory"
            series = self._found.series(title, title, kind=kind)  # type: ignore[arg-type]
            series.add(at, number_of("nan" if value is None else value) * MIB)

    def finish(self) -> None:
        if not self._used:
            raise self._source.refusal(
                _(
                    "{path} is from Netdata, but does not say that it is memory; request "
                    "system.ram, or use options=jsonwrap, which names the chart"
                )
            )
        self._found.note(_("it has no unit; Netdata's memory charts are in MiB"))
        super().finish()

"""Metrics as text: scrapes of an exporter one after the other, `/federate`, `promtool tsdb dump`.

Tried with process-exporter 0.7.10, node-exporter 1.5.0 and Prometheus 2.42. A time behind a value
counts; else a line of `date` before each scrape; without any, scrapes are placed one second apart,
with a note. Counters, by their "# TYPE", are left out.
"""

from __future__ import annotations

import re

from trayapp.language.catalogue import N_, _
from trayapp.recording.gathering import Gathering
from trayapp.recording.metrics import Labels, Metrics
from trayapp.recording.quantities import number_of
from trayapp.recording.reading import LoopReading, read_lines
from trayapp.recording.source import Source, Start

NAME = "Prometheus"
EXPECTS = N_("metrics of Prometheus as text")
_LINE = re.compile(
    r"([a-zA-Z_:][\w:]*)?(\{.*\})?\s+([+-]?(?:\d[\d.eE+-]*|NaN|Inf))(?:\s+(-?\d+(?:\.\d+)?))?\s*"
)
_TYPE = re.compile(r"#\s*TYPE\s+(\S+)\s+(\w+)")
_LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')
_COUNTERS = ("counter", "histogram", "summary")
_ESCAPED = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}


def resembles(start: Start) -> float:
    if start.is_json and not start.text.startswith("{__name__"):
        return 0.0
    if any(map(_TYPE.match, start.lines[:50])):
        return 1.0
    lines = [line for line in start.lines[:20] if line.strip() and line[:1] != "#"]
    matches = [_LINE.fullmatch(line) for line in lines]
    is_all = bool(matches) and all(one and (one[1] or one[2]) for one in matches)
    has_labels = any(one and one[2] and "=" in one[2] for one in matches)
    return 0.9 if is_all and (has_labels or all("_" in line for line in lines)) else 0.0


def read(source: Source, found: Gathering) -> None:
    read_lines(source, _Reading(source, found))


class _Reading(LoopReading):
    """One file while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        super().__init__(source, found)
        self._metrics = Metrics(found)
        self._wanted: dict[str, bool] = {}
        self._types: dict[str, str] = {}
        self._scrape: set[str] = set()

    def add_line(self, number: int, line: str) -> None:
        if line.startswith("#"):
            if (told := _TYPE.match(line)) is not None:
                self._types[told[1]] = told[2]
            elif self._clock.read_time(line):
                self._scrape.clear()
            return
        match = _LINE.fullmatch(line.rstrip("\n"))
        if match is None or not (match[1] or match[2]):
            if self._clock.read_time(line):
                self._scrape.clear()
            elif line.strip():
                self._found.pass_line(number, line, _("not a metric"))
            return
        key = line[: match.start(3)].rstrip()
        wanted = self._wanted.get(key)
        if wanted is None:
            wanted = self._wanted[key] = self._add_labels(key, match)
        if wanted and line.endswith("\n"):
            self._metrics.add_sample(key, self._moment(key, match[4]), number_of(match[3]))

    def _add_labels(self, key: str, match: re.Match[str]) -> bool:
        labels: Labels = {
            name: re.sub(r"\\.", lambda one: _ESCAPED.get(one[0], one[0]), value)
            for name, value in _LABEL.findall(match[2] or "")
        }
        if match[1]:
            labels["__name__"] = match[1]
        is_counter = self._types.get(labels.get("__name__", "")) in _COUNTERS
        return self._metrics.add_labels(key, labels, refused=_("a counter") if is_counter else "")

    def _moment(self, key: str, told: str | None) -> float:
        if told:
            value = number_of(told)
            return self._found.moment(value / 1000 if value >= 1e11 else value)
        if self._clock.at != self._clock.at or key in self._scrape:
            self._scrape.clear()
            self._clock.begin_block()
        self._scrape.add(key)
        return self._clock.at

    def finish(self) -> None:
        if not self._metrics.finish():
            raise self._source.refusal(_("{path} has metrics, but none of them is memory in use"))
        super().finish()

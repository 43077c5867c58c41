"""InfluxDB: line protocol (as Telegraf writes it), annotated CSV, and answers of InfluxDB 1.

Tried with line protocol and `influx -format csv` and `json` of InfluxDB 1.6.7, and on annotated
CSV of InfluxDB 2. A field whose name says memory is read, of each set of tags; times are
nanoseconds, or dates.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from trayapp.errors import RecordingError
from trayapp.language.catalogue import N_, _
from trayapp.recording.clocks import Clock
from trayapp.recording.gathering import Gathering, number_of
from trayapp.recording.json_stream import JsonError, broken
from trayapp.recording.metrics import Labels, Metrics
from trayapp.recording.source import Source, Start

NAME = "InfluxDB"
EXPECTS = N_("line protocol, annotated CSV or an answer of InfluxDB")
_LINE = re.compile(
    r"((?:\\.|[^\s,\\#])+)((?:,(?:\\.|[^=,\s\\])+=(?:\\.|[^,\s\\])*)*)\s+"
    r'((?:\\.|[^=,\s\\])+=(?:"(?:\\.|[^"\\])*"|[^,\s"]+)(?:,(?:\\.|[^=,\s\\])+=(?:"(?:\\.|[^"\\])*"|[^,\s"]+))*)'
    r"(?:\s+(-?\d+))?\s*"
)
_PAIR = re.compile(r'((?:\\.|[^=,\\])+)=("(?:\\.|[^"\\])*"|(?:\\.|[^,\\])*)')
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[iu]?")
_PROGRAMS = (
    "process_name", "exe", "container_name", "pod_name", "com.docker.compose.service", "name",
)  # fmt: skip
_OWN = {"result", "table", "_start", "_stop", "_time", "_value", "_field", "_measurement", ""}


def resembles(start: Start) -> float:
    """By the annotations, the keys of an answer, or lines of the protocol."""
    top = start.text[:3000]
    if start.is_json:
        return 1.0 if '"results"' in top[:200] and '"series"' in top and '"columns"' in top else 0.0
    if re.match(r"#(datatype|group|default),", top) or ",_time,_value," in top[:2000]:
        return 1.0
    # Its shell writes nanoseconds; a table of anybody's may have the same first titles.
    if re.match(r"name,(tags,)?time,[^\n]*\n[^\n]*,\d{19},", top):
        return 0.95
    lines = [line for line in start.lines[:20] if line.strip() and line[:1] != "#"]
    matches = [_LINE.fullmatch(line) for line in lines]
    return 0.9 if lines and all(one and one[4] and len(one[4]) >= 10 for one in matches) else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read all points.

    Raises: RecordingError if no field is memory.
    """
    reading = _Reading(source, found)
    if source.start.is_json:
        reading.take_answer(source)
    elif _LINE.fullmatch(next((line for line in source.start.lines if line[:1] != "#"), "")):
        reading.take_lines(source.lines())
    else:
        reading.take_table(csv.reader(source.whole_lines()))
    reading.finish(source)


class _Reading:
    """One file while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        self._found = found
        self._metrics = Metrics(found)
        self._clock = Clock(
            zone=source.instructions.timezone, latest_wall_seconds=source.path.stat().st_mtime
        )
        self._wanted: dict[tuple[str, str], bool] = {}
        self._heads: dict[str, tuple[str, str]] = {}
        self._labels: dict[tuple[str, str], Labels] = {}

    def take_lines(self, lines: Iterable[str]) -> None:
        """Line protocol; fields that are text are none."""
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            parts = line.split(" ")
            if len(parts) == 3 and "\\" not in line and '"' not in line and line[-1] == "\n":
                self._plain(number, line, *parts)
                continue
            match = _LINE.fullmatch(line)
            if match is None or not line.endswith("\n"):
                if line.endswith("\n"):
                    self._found.pass_over(number, line, _("no line of the protocol"))
                continue
            at = self._moment(match[4] or "")
            for name, value in _PAIR.findall(match[3]):
                if _NUMBER.fullmatch(value):
                    self._point(match[1], match[2], name, at, number_of(value.rstrip("iu")))

    def _plain(self, number: int, line: str, head: str, fields: str, told: str) -> None:
        """A line without texts and escapes, as most are."""
        at = self._moment(told.rstrip("\n"))
        if at != at or "=" not in fields:
            self._found.pass_over(number, line, _("no line of the protocol"))
            return
        known = self._heads.get(head)
        if known is None:
            measurement, comma, rest = head.partition(",")
            known = self._heads[head] = measurement, comma + rest
        measurement, tags = known
        for pair in fields.split(","):
            name, _mark, value = pair.partition("=")
            if self._wanted.get((head, name)) is False:
                continue
            if _NUMBER.fullmatch(value):
                self._point(measurement, tags, name, at, number_of(value.rstrip("iu")))

    def take_table(self, rows: Iterator[list[str]]) -> None:
        """Annotated CSV, or that of InfluxDB 1; a heading comes with each table."""
        titles: list[str] = []
        for number, row in enumerate(rows, 1):
            if not row or row[0].startswith("#") or not any(row):
                if not row or not any(row):
                    continue
                titles = []
                continue
            if (
                not titles
                or row == titles
                or "_value" in row
                or row[:2] in (["name", "time"], ["name", "tags"])
            ):
                titles = row
                continue
            if len(row) != len(titles):
                self._found.pass_over(number, ",".join(row), _("no row of this heading"))
                continue
            self._row(number, titles, row)

    def _row(self, number: int, titles: Sequence[str], row: Sequence[str]) -> None:
        cells = dict(zip(titles, row, strict=True))
        told = cells.get("_time", cells.get("time", ""))
        at = self._moment(told)
        if at != at:
            self._found.pass_over(number, ",".join(row), _("no time"))
            return
        if "_value" in cells:
            tags = {key: value for key, value in cells.items() if key not in _OWN and value}
            name, value = cells.get("_field", ""), cells["_value"]
            self._tagged(cells.get("_measurement", ""), tags, name, at, number_of(value))
            return
        tags = dict(_PAIR.findall(cells.get("tags", "")))
        texts, figures = {}, {}
        for title, value in cells.items():
            if title in ("name", "time", "tags") or not value:
                continue
            if _NUMBER.fullmatch(value) and title not in ("pid", "ppid", "id"):
                figures[title] = number_of(value.rstrip("iu"))
            else:
                texts[title] = value
        for title, figure in figures.items():
            self._tagged(cells.get("name", ""), {**tags, **texts}, title, at, figure)

    def take_answer(self, source: Source) -> None:
        """JSON of InfluxDB 1: series with columns and values."""
        found: dict[Any, dict[str, Any]] = {}
        series = "*.results.*.series.*"
        places = (f"{series}.name", f"{series}.tags", f"{series}.columns", f"{series}.values.*")
        try:
            for number, (place, value) in enumerate(source.json().values(*places), 1):
                one = found.setdefault(place[:5], {})
                if "values" in place:
                    self._values(number, one, value)
                else:
                    one[str(place[-1])] = value
        except JsonError as error:
            self._found.note(broken(error))

    def _values(self, number: int, one: Mapping[str, Any], values: Any) -> None:
        columns = one.get("columns")
        if not isinstance(columns, list) or not isinstance(values, list):
            self._found.pass_over(number, str(values), _("no row of this heading"))
            return
        tags = one.get("tags")
        row = {"name": str(one.get("name", ""))}
        row |= {str(k): "" if v is None else str(v) for k, v in zip(columns, values, strict=False)}
        if isinstance(tags, Mapping):
            row |= {str(key): str(value) for key, value in tags.items()}
        self._row(number, list(row), list(row.values()))

    def _moment(self, told: str) -> float:
        return self._found.moment(self._clock.read(told))

    def _tagged(
        self, measurement: str, tags: Mapping[str, str], field: str, at: float, value: float
    ) -> None:
        written = "".join(f",{name}={text}" for name, text in sorted(tags.items()))
        self._point(measurement, written, field, at, value, tags)

    def _point(
        self, measurement: str, written: str, field: str, at: float, value: float,
        tags: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        key = (f"{measurement}{written}", field)
        wanted = self._wanted.get(key)
        if wanted is None:
            told = dict(_PAIR.findall(written.lstrip(","))) if tags is None else dict(tags)
            labels: Labels = {"__name__": f"{measurement}_{field}".strip("_"), **told}
            self._labels[key] = labels
            wanted = self._wanted[key] = self._metrics.meet(key, labels)
        if wanted:
            self._metrics.sample(key, at, value)

    def finish(self, source: Source) -> None:
        """Raises: RecordingError."""
        if not self._metrics.finish():
            raise RecordingError(
                _("{path} has fields, but none that is memory in use").format(path=source.path)
            )
        fields = {key[1] for key in self._found.everyone if isinstance(key, tuple)}
        for key, series in self._found.everyone.items():
            labels = self._labels.get(key, {}) if isinstance(key, tuple) else {}
            program = next((labels[one] for one in _PROGRAMS if labels.get(one)), "")
            pid = labels.get("pid", "")
            if program:
                field = key[1] if isinstance(key, tuple) and len(fields) > 1 else ""
                series.name = " ".join(filter(None, (program, pid, field)))
                series.pid = int(pid) if pid.isdecimal() else None
        for note in self._clock.notes:
            self._found.note(note)

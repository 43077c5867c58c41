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

from trayapp.language.catalogue import N_, _
from trayapp.recording.gathering import Gathering
from trayapp.recording.metrics import Labels, Metrics
from trayapp.recording.quantities import number_of
from trayapp.recording.reading import Reading, json_values
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
    reading = _Reading(source, found)
    if source.start.is_json:
        reading.add_answer(source)
    elif _LINE.fullmatch(next((line for line in source.start.lines if line[:1] != "#"), "")):
        reading.add_lines(source.lines())
    else:
        reading.add_table(csv.reader(source.whole_lines()))
    reading.finish()


class _Reading(Reading):
    """One file while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        super().__init__(source, found)
        self._metrics = Metrics(found)
        self._wanted: dict[tuple[str, str], bool] = {}
        self._heads: dict[str, tuple[str, str]] = {}
        self._annotated: dict[tuple[str, ...], tuple[dict[str, str], str]] = {}
        """Tags of a row of annotated CSV, also as line protocol writes them."""
        self._labels: dict[tuple[str, str], Labels] = {}

    def add_lines(self, lines: Iterable[str]) -> None:
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
                self._found.pass_line(number, line, _("not a line of the protocol"))
                continue
            at = self._moment(match[4] or "")
            for name, value in _PAIR.findall(match[3]):
                if _NUMBER.fullmatch(value):
                    self._point(match[1], match[2], name, at, number_of(value.rstrip("iu")))

    def _plain(self, number: int, line: str, head: str, fields: str, told: str) -> None:
        """A line without texts and escapes, as most are."""
        at = self._moment(told.rstrip("\n"))
        if at != at or "=" not in fields:
            self._found.pass_over(number, line, _("not a line of the protocol"))
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

    def add_table(self, rows: Iterator[list[str]]) -> None:
        """Annotated CSV, or that of InfluxDB 1; a heading comes with each table."""
        titles: list[str] = []
        for number, row in enumerate(rows, 1):
            if not any(row):
                continue
            if row[0].startswith("#"):
                titles = []
            elif (
                not titles
                or row == titles
                or "_value" in row
                or row[:2] in (["name", "time"], ["name", "tags"])
            ):
                titles = row
            elif len(row) != len(titles):
                self._found.pass_over(number, ",".join(row), _("not a row of this table"))
            else:
                self._row(number, titles, row)

    def _row(self, number: int, titles: Sequence[str], row: Sequence[str]) -> None:
        cells = dict(zip(titles, row, strict=True))
        at = self._moment(cells.get("_time") or cells.get("time", ""))
        if at != at:
            self._found.pass_over(number, ",".join(row), _("no time"))
            return
        if "_value" in cells:
            figure = number_of(cells["_value"])
            for moment in ("table", "_start", "_stop", "_time", "_value"):
                cells.pop(moment, None)
            # What is left is the same in all rows of a series.
            key = tuple(cells.values())
            known = self._annotated.get(key)
            if known is None:
                told = {title: one for title, one in cells.items() if one and title not in _OWN}
                known = self._annotated[key] = told, _written(told)
            measurement, field = cells.get("_measurement", ""), cells.get("_field", "")
            self._point(measurement, known[1], field, at, figure, known[0])
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
            told = {**tags, **texts}
            self._point(cells.get("name", ""), _written(told), title, at, figure, told)

    def add_answer(self, source: Source) -> None:
        """JSON of InfluxDB 1: series with columns and values."""
        found: dict[Any, dict[str, Any]] = {}
        series = "*.results.*.series.*"
        places = (f"{series}.name", f"{series}.tags", f"{series}.columns", f"{series}.values.*")
        for number, place, value in json_values(source, self._found, *places):
            one = found.setdefault(place[:5], {})
            if "values" in place:
                self._values(number, one, value)
            else:
                one[str(place[-1])] = value

    def _values(self, number: int, one: Mapping[str, Any], values: Any) -> None:
        columns = one.get("columns")
        if not isinstance(columns, list) or not isinstance(values, list):
            self._found.pass_over(number, str(values), _("not a row of this table"))
            return
        tags = one.get("tags")
        row = {"name": str(one.get("name", ""))}
        row |= {str(k): "" if v is None else str(v) for k, v in zip(columns, values, strict=False)}
        if isinstance(tags, Mapping):
            row |= {str(key): str(value) for key, value in tags.items()}
        self._row(number, list(row), list(row.values()))

    def _moment(self, told: str) -> float:
        return self._found.moment(self._clock.read(told))

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
            wanted = self._wanted[key] = self._metrics.add_labels(key, labels)
        if wanted:
            self._metrics.add_sample(key, at, value)

    def finish(self) -> None:
        if not self._metrics.finish():
            raise self._source.refusal(_("{path} has fields, but none of them is memory in use"))
        fields = {key[1] for key in self._found.everyone if isinstance(key, tuple)}
        for key, series in self._found.everyone.items():
            labels = self._labels.get(key, {}) if isinstance(key, tuple) else {}
            program = next((labels[one] for one in _PROGRAMS if labels.get(one)), "")
            pid = labels.get("pid", "")
            if program:
                field = key[1] if isinstance(key, tuple) and len(fields) > 1 else ""
                series.name = " ".join(filter(None, (program, pid, field)))
                series.pid = int(pid) if pid.isdecimal() else None
        super().finish()


def _written(tags: Mapping[str, str]) -> str:
    """Tags as line protocol writes them."""
    return "".join(f",{name}={text}" for name, text in sorted(tags.items()))

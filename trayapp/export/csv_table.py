"""The table, `.csv`: one row per moment, one column per series, for spreadsheets and scripts."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from operator import itemgetter
from pathlib import Path

from trayapp.domain.records.series import TASK, Event, Series
from trayapp.domain.showing.cells import FIGURE, table_line
from trayapp.export.safe_names import plain_text, unique_names
from trayapp.export.source import Source
from trayapp.export.writing import texts_of
from trayapp.history.columns import Columns

TIME_HEADINGS = ("unix_s", "time (local)")


def write(path: Path, source: Source) -> None:
    """Write everything at the finest that is kept; UTF-8, commas, a dot in decimals, texts quoted.

    Headings are the name and what is measured with its unit, "web rss_bytes". Of a minute or an
    hour, where samples are gone, a cell is the greatest. It is empty where nothing is known.
    For a target that reports tasks, "web task" names those that ran since the row before.

    Raises: OSError, HistoryError.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        running = _Running(source)
        titles = [*map(_heading, source.series), *(f"{name} task" for name in running.targets)]
        headings = unique_names(titles, TIME_HEADINGS)
        file.write(table_line([*TIME_HEADINGS, *headings]))
        clock = _Clock()
        lines = _Lines(len(source.series))
        for together in source.columns(whole=()):
            rows = [row for one in together for row in lines.rows(one)]
            if len(together) > 1:
                rows.sort(key=itemgetter(0))
            for start_ms, stretch_seconds, cells in rows:
                # To the millisecond, for which twelve digits are too few.
                file.write(f'{start_ms / 1000:.3f},"{clock.text(start_ms)}"{cells}')
                if running.targets:
                    ran = running.until(start_ms / 1000 + stretch_seconds)
                    file.write("," + table_line(plain_text(names) or None for names in ran))
                else:
                    file.write("\n")


class _Lines:
    """Writes the cells of many moments; what is unknown is empty."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._templates: dict[tuple[object, ...], str] = {}

    def rows(self, columns: Columns) -> Iterator[tuple[int, int, str]]:
        """Yield when each moment begins, its length in seconds, and its cells behind commas."""
        pairs = sorted(zip(columns.places, columns.maxima, strict=True), key=itemgetter(0))
        places, maxima = zip(*pairs, strict=True)
        number, stretch_seconds = FIGURE, columns.stretch_seconds
        if stretch_seconds:
            # Of a whole hour many are alike.
            number, maxima = "%s", tuple(texts_of(column, FIGURE.__mod__) for column in maxima)
        template = self._templates.get((number, places))
        if template is None:
            cells = [""] * self._count
            for place in places:
                cells[place] = number
            template = "".join("," + cell for cell in cells)
            self._templates[number, places] = template
        for start_ms, row in zip(columns.starts_ms, zip(*maxima, strict=True), strict=True):
            yield start_ms, stretch_seconds, template % row


class _Clock:
    """Writes moments by the local clock, with milliseconds."""

    def __init__(self) -> None:
        self._minute: int | None = None
        self._text = ""

    def text(self, moment_ms: int) -> str:
        minute, rest = divmod(moment_ms, 60_000)
        if minute != self._minute:
            begin = datetime.fromtimestamp(minute * 60)
            if begin.second:
                # A zone that is not whole minutes away from the others.
                return datetime.fromtimestamp(moment_ms / 1000).isoformat(" ", "milliseconds")
            self._minute, self._text = minute, begin.isoformat(" ", "minutes")
        return f"{self._text}:{rest // 1000:02}.{rest % 1000:03}"


class _Running:
    """The tasks that ran between one row and the next."""

    def __init__(self, source: Source) -> None:
        # Bounded by what the history keeps.
        self._waiting = deque(source.events((TASK,)))
        self._begun: list[Event] = []
        self._since = -math.inf
        self.targets = sorted({event.subject for event in self._waiting})

    def until(self, wall_seconds: float) -> list[str]:
        """Return for each target the tasks that ran since the moment before, or ""."""
        while self._waiting and self._waiting[0].wall_seconds <= wall_seconds:
            self._begun.append(self._waiting.popleft())
        self._begun = [event for event in self._begun if _end(event) > self._since]
        self._since = wall_seconds
        names: dict[str, dict[str, None]] = {name: {} for name in self.targets}
        for event in self._begun:
            names[event.subject][str(event.data.get("task") or event.text)] = None
        return ["; ".join(names[target]) for target in self.targets]


def _end(event: Event) -> float:
    seconds = event.data.get("seconds")
    return event.wall_seconds + (seconds if isinstance(seconds, int | float) else 0.0)


def _heading(series: Series) -> str:
    name = {"system": "system", "app": "memtray"}.get(series.kind, series.name)
    return f"{name} {series.metric}"

"""The table, `.csv`: one row per moment, one column per series, for spreadsheets and scripts."""

from __future__ import annotations

import math
from collections import deque
from datetime import datetime
from pathlib import Path

from trayapp.domain.records.series import TASK, Event, Series
from trayapp.domain.showing.cells import table_line
from trayapp.export.safe_names import plain_text, unique_names
from trayapp.export.source import Source

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
        places = range(len(source.series))
        for row in source.rows():
            moment = datetime.fromtimestamp(row.wall_seconds).isoformat(" ", "milliseconds")
            cells = (row.cells.get(place) for place in places)
            ran = running.until(row.wall_seconds + row.stretch_seconds)
            line = table_line(
                [
                    moment,
                    *(None if cell is None else cell.maximum for cell in cells),
                    *(plain_text(names) or None for names in ran),
                ]
            )
            # To the millisecond, for which twelve digits are too few.
            file.write(f"{row.wall_seconds:.3f},{line}")


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

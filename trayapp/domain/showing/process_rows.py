"""Rows of the table that open to the processes below them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from trayapp.domain.showing.table import (
    PAST,
    PROCESS,
    Order,
    RowKey,
    TableRow,
    as_number,
    sort_rows,
)

MOST_OPEN = 20
"""So many rows are open at a time; each costs the applet a reading every second."""


class ProcessRows:
    """Which rows are open, and the processes of each as the applet told last."""

    def __init__(self) -> None:
        self._open: list[RowKey] = []
        self._processes: dict[RowKey, list[TableRow]] = {}

    def is_open(self, row: TableRow) -> bool | None:
        """Return whether its processes are shown; None: it has none to be shown."""
        if row.kind in (PROCESS, PAST) or len(row.pids) < 2:
            return None
        return row.key in self._open

    def set_open(self, row: TableRow, wanted: bool) -> None:
        """Open or close a row that has more than one process."""
        if wanted and self.is_open(row) is False and len(self._open) < MOST_OPEN:
            self._open.append(row.key)
        elif not wanted and row.key in self._open:
            self._open.remove(row.key)
            self._processes.pop(row.key, None)

    @property
    def wanted(self) -> list[list[str]]:
        """Kinds and names of the rows of which the applet is to tell the processes."""
        return [list(key) for key in self._open]

    def take(self, told: object, now: float) -> None:
        """Take the applet's answer, which may be of another version; now: wall seconds."""
        for group in told if isinstance(told, list) else []:
            if not isinstance(group, dict):
                continue
            key = RowKey(str(group.get("kind")), str(group.get("name")))
            found = group.get("processes")
            if key in self._open and isinstance(found, list):
                self._processes[key] = [
                    row for each in found if (row := _row(each, key, now)) is not None
                ]

    def with_processes(self, rows: Iterable[TableRow], order: Order) -> list[TableRow]:
        """Return these rows, each that is open followed by its processes in the same order."""
        shown: list[TableRow] = []
        for row in rows:
            shown.append(row)
            if self.is_open(row):
                shown += sort_rows(self._processes.get(row.key, ()), order)
        return shown

    def find(self, key: object) -> TableRow | None:
        """Return the row of one process by its key."""
        every: Iterable[Sequence[TableRow]] = self._processes.values()
        return next((row for rows in every for row in rows if row.key == key), None)


def _row(told: object, parent: RowKey, now: float) -> TableRow | None:
    if not isinstance(told, Mapping):
        return None
    pid, started = told.get("pid"), told.get("started")
    if not isinstance(pid, int) or not isinstance(started, int):
        return None
    started_wall_seconds = as_number(told.get("started_at"))
    return TableRow(
        kind=PROCESS,
        name=f"{pid}:{started}",
        label=str(told.get("name", "")),
        parent=parent,
        pids=(pid,),
        rss_bytes=as_number(told.get("rss_bytes")),
        uptime_seconds=None if started_wall_seconds is None else now - started_wall_seconds,
    )

"""Files of `dstat --output` and `dool --output`: CSV below a few lines about the run.

Tried with dstat 0.8.0 (Debian's 0.7.4), a file of 0.7.3, and dool 1.3.4 (`-tm`, `-T`, `--swap`,
with other statistics beside). Read is "used" below "memory usage" and below "swap", in bytes;
times of day have the day and the month, and the year from the lines on top.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

from trayapp.language.catalogue import N_, _
from trayapp.recording.gathering import Gathered, Gathering
from trayapp.recording.quantities import number_of
from trayapp.recording.reading import LoopReading
from trayapp.recording.source import Source, Start

NAME = "dstat"
EXPECTS = N_("CSV of dstat or dool")
_TOP = re.compile(r'"(?:Dstat|dool|Dool) [\d.]+ CSV output"')
_DAY_MONTH = re.compile(r"(\d\d)-(\d\d) (\d\d:\d\d:\d\d.*)")
_NAMED_MONTH = re.compile(r"([A-Z][a-z]{2})-(\d\d) (\d\d:\d\d:\d\d.*)")


def resembles(start: Start) -> float:
    return 1.0 if any(map(_TOP.match, start.lines[:10])) else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read all rows; a run that was appended has lines of its own about it.

    Raises: RecordingError if memory was not recorded.
    """
    reading = _Reading(source, found)
    for number, row in enumerate(csv.reader(source.whole_lines()), 1):
        reading.add_row(number, row)
    reading.finish()


class _Reading(LoopReading):
    """One file while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        super().__init__(source, found)
        self._year = ""
        self._groups: list[str] = []
        self._titles: list[str] = []
        self._columns: dict[int, Gathered] = {}

    def add_row(self, number: int, row: Sequence[str]) -> None:
        if not row or not any(row):
            self._groups, self._titles = [], []
            return
        if "Date:" in row:
            year = re.search(r"\b(\d{4})\b", " ".join(row[row.index("Date:") + 1 :]))
            self._year = year[1] if year else ""
            self._groups, self._titles = [], []
        elif row[0].endswith(("CSV output", ":")):
            self._groups, self._titles = [], []
        elif not self._groups:
            self._groups = list(row)
        elif not self._titles:
            self._titles = list(row)
            self._columns = self._find_columns()
        else:
            self._sample(number, row)

    def _find_columns(self) -> dict[int, Gathered]:
        columns = {}
        group = ""
        for at, title in enumerate(self._titles):
            group = self._groups[at] if at < len(self._groups) and self._groups[at] else group
            if group == "memory usage" and title == "used":
                columns[at] = self._found.machine_memory()
                self._found.mark_read("memory usage: used", _("the machine's memory in use"))
            elif group == "swap" and title == "used":
                columns[at] = self._found.machine_swap()
                self._found.mark_read("swap: used", _("swap used"))
            elif group in ("memory usage", "swap"):
                reason = _("only a part, such as a cache or shared pages")
                if title == "free":
                    reason = _("free memory, not used memory")
                self._found.leave_out(f"{group}: {title}", reason)
        return columns

    def _sample(self, number: int, row: Sequence[str]) -> None:
        if not self._columns:
            return
        told = row[0] if self._titles[0] in ("time", "epoch", "date/time") else ""
        if told and not self._clock.set_time(self._dated(told)):
            self._found.pass_over(number, ",".join(row), _("no time"))
            return
        if not told:
            self._clock.begin_block()
        for at, series in self._columns.items():
            # Old versions end each row with a comma.
            size = number_of(row[at]) if len(row) >= len(self._titles) else float("nan")
            if size != size:
                self._found.pass_over(number, ",".join(row), _("no size"))
            else:
                series.add(self._clock.at, size)

    def _dated(self, told: str) -> str:
        if not self._year:
            return told
        if (match := _DAY_MONTH.fullmatch(told)) is not None:
            return f"{self._year}-{match[2]}-{match[1]} {match[3]}"
        if (match := _NAMED_MONTH.fullmatch(told)) is not None:
            return f"{match[2]} {match[1]} {self._year} {match[3]}"
        return told

    def finish(self) -> None:
        if not self._columns:
            raise self._source.refusal(
                _(
                    "{path} is from dstat, but has no memory in it; create it with dstat -tm "
                    "--output"
                )
            )
        super().finish()

"""`memtray export`: the history as a workbook, a table or a document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trayapp.errors import UsageError
from trayapp.export.csv_table import write_csv
from trayapp.export.goal import whole_file
from trayapp.export.json_document import write_json
from trayapp.export.source import Source, open_source
from trayapp.export.workbook import write_workbook
from trayapp.history.reader import HistoryReader

WRITERS: dict[str, Callable[[Path, Source], None]] = {
    ".xlsx": write_workbook,
    ".csv": write_csv,
    ".json": write_json,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """What the command line asks for."""

    history_file: Path
    output: Path
    targets: tuple[str, ...] = ()
    """Empty: all that have a history."""
    since_seconds: float | None = None
    """Only the last so many seconds that were recorded; None: all there is."""


def main(options: ExportOptions, tell: Callable[[float], None]) -> int:
    """Write the file; `tell` is called now and then with the share that is done, 0 to 1.

    Memory does not grow with the length of the history, only with the number of targets.

    Returns: the exit code, 0.
    Raises: UsageError, HistoryError or ExportError, with one line for the person; then, and after
    a KeyboardInterrupt, an older file of that name is as it was.
    """
    write = WRITERS.get(options.output.suffix.lower())
    if write is None:
        raise UsageError(
            f"cannot export to {options.output.name!r}; use one of {', '.join(WRITERS)}"
        )
    with HistoryReader(options.history_file) as reader:
        source = open_source(reader, options.targets, options.since_seconds, tell)
        with whole_file(options.output) as part:
            write(part, source)
    return 0

"""`memtray export`: the history as a workbook, a table or a document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trayapp.errors import UsageError
from trayapp.export.csv_table import write_csv
from trayapp.export.json_document import write_json
from trayapp.export.parquet import write_parquet
from trayapp.export.recorded import open_recorded
from trayapp.export.source import Source, open_source
from trayapp.export.whole_file import whole_file
from trayapp.export.workbook import write_workbook
from trayapp.language.catalogue import _
from trayapp.language.moments import Moment
from trayapp.recording.instructions import NO_INSTRUCTIONS, Instructions

WRITERS: dict[str, Callable[[Path, Source], None]] = {
    ".xlsx": write_workbook,
    ".csv": write_csv,
    ".json": write_json,
    ".parquet": write_parquet,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """What the command line asks for."""

    history_file: Path
    output: Path
    targets: tuple[str, ...] = ()
    """Empty: all that have a history."""
    files: tuple[Path, ...] = ()
    """Recordings instead of the history."""
    instructions: Instructions = NO_INSTRUCTIONS
    """How the recordings are read."""
    since: Moment | None = None
    until: Moment | None = None
    """None: all there is."""


def main(
    options: ExportOptions,
    tell: Callable[[float], None],
    tell_note: Callable[[str], None] = lambda _note: None,
) -> int:
    """Write the file; `tell` is called now and then with the share that is done, 0 to 1.

    Memory does not grow with the length of the history, only with the number of targets.
    `tell_note` is called with what a person should know of a recording.

    Returns: the exit code, 0.
    Raises: UsageError, HistoryError, RecordingError or ExportError, with one line for the person;
    then, and after a KeyboardInterrupt, an older file of that name is as it was.
    """
    write = WRITERS.get(options.output.suffix.lower())
    if write is None:
        raise UsageError(
            _("cannot export to {name}; use one of {endings}").format(
                name=repr(options.output.name), endings=", ".join(WRITERS)
            )
        )
    with open_recorded(
        options.history_file, options.files, tell_note, options.instructions
    ) as recorded:
        source = open_source(recorded, options.targets, options.since, options.until, tell)
        with whole_file(options.output) as part:
            write(part, source)
    return 0

"""`memtray export`: the history as a workbook, a table or a document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from trayapp.dataclass import dataclass
from trayapp.export import EXPORTS, find_kind
from trayapp.export.recorded import Selection, open_selection
from trayapp.export.whole_file import whole_file
from trayapp.language.catalogue import _


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions(Selection):
    """A selection and the file to write it to."""

    output: Path


def main(
    options: ExportOptions,
    on_progress: Callable[[float], None],
    on_note: Callable[[str], None] = lambda _note: None,
) -> int:
    """Write the file; `on_progress` is called now and then with the share that is done, 0 to 1.

    Memory does not grow with the length of the history, only with the number of targets.
    `on_note` is called with what a person should know of a recording.

    Returns: the exit code, 0.
    Raises: UsageError, HistoryError, RecordingError or ExportError, with one line for the person;
    then, and after a KeyboardInterrupt, an older file of that name is as it was.
    """
    kind = find_kind(EXPORTS, options.output, _("cannot export to {name}; use one of {endings}"))
    with (
        open_selection(options, on_progress, on_note) as source,
        whole_file(options.output) as part,
    ):
        kind.load().write(part, source)
    return 0

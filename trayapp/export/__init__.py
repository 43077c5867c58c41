"""Files made of what was recorded: one file each, and one line in `EXPORTS` or `REPORTS`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from trayapp.dataclass import NamedTuple
from trayapp.errors import ExportError, UsageError
from trayapp.language.catalogue import _
from trayapp.language.extras import OF_ENDING, what_it_needs


class Writer(Protocol):
    """A module of this room."""

    def write(self, path: Path, made: Any, /) -> None:
        """Write the file from a `Source`, or from a `Report`. Raises: ExportError, OSError."""


class FileKind(NamedTuple):
    """A line of `EXPORTS` or `REPORTS`."""

    ending: str
    module: str

    def load(self) -> Writer:
        """Import what writes it. Raises: ExportError where the package for that is missing."""
        needs = OF_ENDING.get(self.ending)
        if needs is not None and not needs.is_installed:
            what = _("a {ending} file").format(ending=self.ending)
            raise ExportError(what_it_needs(what, needs))
        return cast("Writer", import_module(f"{__name__}.{self.module}"))


EXPORTS = (
    FileKind(".xlsx", "workbook"),
    FileKind(".csv", "csv_table"),
    FileKind(".json", "json_document"),
    FileKind(".parquet", "parquet"),
)
REPORTS = (
    FileKind(".html", "report.html"),
    FileKind(".pdf", "report.pdf"),
    FileKind(".json", "report.json_report"),
)


def find_kind(kinds: Sequence[FileKind], output: Path, complaint: str) -> FileKind:
    """Return the kind with the file's ending. Raises: UsageError with `complaint`."""
    for kind in kinds:
        if kind.ending == output.suffix.lower():
            return kind
    endings = ", ".join(kind.ending for kind in kinds)
    raise UsageError(complaint.format(name=repr(output.name), endings=endings))

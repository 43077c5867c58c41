"""The sections of table, compact view and details that a person wants to see."""

from __future__ import annotations

from collections.abc import Iterable

from trayapp.dataclass import NamedTuple
from trayapp.domain.showing.table import APP, APPLICATION, TableRow


class Sections(NamedTuple):
    """The sections that may be switched off under `[ui]` in the settings."""

    process_memory: bool = True
    """Memtray's own row in the table, and the figures of one program in its details."""
    programs: bool = True
    """Applications that are no targets."""
    charts: bool = True
    """The charts in the details."""

    def rows(self, found: Iterable[TableRow]) -> list[TableRow]:
        """Return the rows that belong to a section that is shown."""
        return [
            row
            for row in found
            if (self.programs or row.kind != APPLICATION)
            and (self.process_memory or row.kind != APP)
        ]


ALL_SECTIONS = Sections()

"""`memtray table`: every target and application in one window."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from trayapp.control.client import call
from trayapp.domain.showing.table import Order, row_from, sort_rows
from trayapp.errors import WindowError
from trayapp.language.catalogue import _
from trayapp.windows.columns import FIGURES, TEXTS, TableColumn, load_columns
from trayapp.windows.opening import LiveOptions, WindowActions
from trayapp.windows.sections import ALL_SECTIONS, Sections
from trayapp.windows.single_instance import claim

_FIGURES_AT = [at for at, key in enumerate(TEXTS) if key in ("pid", "memory", "delta")]


def main(options: LiveOptions, actions: WindowActions) -> int:
    """Show the table until the person closes it. Main thread of a child process.

    Without Tk or a display it is printed.

    Returns: the exit code, 0. Also 0 at once if an open table has come to the front instead.
    Raises: WindowError, NotRunningError or ControlError, with one line for the person.
    """
    listener = claim(options.runtime, "table", {})
    if listener is None:
        return 0
    try:
        try:
            from trayapp.windows.table_window import TableWindow

            window = TableWindow(options, actions, listener)
        except (ImportError, WindowError) as error:
            told = call(options.runtime, "table", {"all": True})
            text = _("Cannot show a window here ({reason})")
            print(text.format(reason=error), file=sys.stderr)
            print(table_text(told, load_columns(options.columns_file), options.sections))
        else:
            window.run(follow_desktop=options.dark is None)
    finally:
        listener.close()
    return 0


def table_text(
    told: Mapping[str, object],
    columns: Sequence[TableColumn] = (),
    sections: Sections = ALL_SECTIONS,
) -> str:
    """Return the rows of the applet's answer for a terminal, largest first, in columns.

    columns: those that were chosen for the window; of them the figures are added.
    sections: which rows are wanted.
    """
    more = [figure for column in columns if (figure := FIGURES.get(column.key))]
    found = told.get("rows")
    rows = sections.rows(row_from(row) for row in (found if isinstance(found, list) else []))
    cells = [[text(row) for text in (*TEXTS.values(), *more)] for row in sort_rows(rows, Order())]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if at in _FIGURES_AT or at >= len(TEXTS) else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    )

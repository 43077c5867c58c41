"""`memtray statistics`: what Memtray and its targets did so far, as a small table."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from trayapp.domain.language import _
from trayapp.errors import WindowError
from trayapp.windows.appearance import prefers_dark
from trayapp.windows.labels import plain_name

VALUE_LENGTH = 120


def main(rows: Sequence[tuple[str, str]], *, dark: bool | None = None) -> int:
    """Show `rows` of label and value until the person closes the window.

    A row with an empty value is a heading. Without Tk or a display the table is printed.
    Main thread of a child process.

    Returns: the exit code, 0.
    """
    try:
        from trayapp.windows.statistics_window import show_table

        show_table(
            _("Memtray – Statistics"), rows, dark=prefers_dark(os.environ) if dark is None else dark
        )
    except (ImportError, WindowError) as error:
        print(_("No window can be shown here ({reason})").format(reason=error), file=sys.stderr)
        print(table_text(rows))
    return 0


def table_text(rows: Sequence[tuple[str, str]]) -> str:
    """The table for a terminal: labels left, values in one column."""
    cleaned = [
        (plain_name(label), plain_name(value, VALUE_LENGTH) if value else "")
        for label, value in rows
    ]
    width = max((len(label) for label, value in cleaned if value), default=0)
    return "\n".join(
        f"{label:<{width}}  {value}" if value else f"\n{label}" for label, value in cleaned
    ).lstrip("\n")

"""Reacting to a row that is chosen before the next key does anything."""

from __future__ import annotations

from collections.abc import Callable
from tkinter import ttk


def react_to_choice(rows: ttk.Treeview, react: Callable[[], object]) -> None:
    """Call `react` when another row may have been chosen; it may come several times for one.

    Tk 8.6 reports a choice behind all keys that wait: those of whoever types fast would still go to
    what was shown before. So it is looked for after each key, too.
    """
    chosen = [rows.selection()]

    def look() -> None:
        if rows.selection() != chosen[0]:
            chosen[0] = rows.selection()
            react()

    def on_event() -> None:
        chosen[0] = rows.selection()
        react()

    rows.bind("<<TreeviewSelect>>", lambda _: on_event())
    tags, tag = rows.bindtags(), f"Choice{rows}"
    place = tags.index("Treeview") + 1
    rows.bindtags((*tags[:place], tag, *tags[place:]))
    rows.bind_class(tag, "<KeyPress>", lambda _: look())

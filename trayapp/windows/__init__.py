"""Windows in child processes, which read the history and end.

One line per window here; the command line, the menu and the applet read it. Nothing is loaded by
it: the resident process knows windows by their verbs only.
"""

from __future__ import annotations

from trayapp.dataclass import NamedTuple
from trayapp.language.catalogue import N_


class Window(NamedTuple):
    """How a window is opened; the texts are for `_`."""

    verb: str
    """`memtray VERB` opens it, and so does the entry of the menu."""
    title: str = ""
    """Its entry in the menu; empty: none, or one in a place of its own."""
    module: str = ""
    """Whose `main(options, actions)` shows it; empty: its verb is written out in `cli.verbs`."""
    help: str = ""
    """The summary of its verb, with `module`."""


WINDOWS = (
    Window("trends"),
    Window(
        "table", N_("Table…"), "trayapp.windows.table",
        N_("Open a table of all programs"),
    ),
    Window("advice", N_("Advice…")),
    Window("compact", N_("Compact view…")),
    Window("dashboard", N_("Dashboard…")),
    Window("where", N_("Where memory goes…")),
    Window("statistics", N_("Statistics…")),
    Window("export", N_("Export…")),
    Window("report", N_("Report…")),
    Window(
        "about", "", "trayapp.windows.about",
        N_("which Memtray this is, where its files are, and its manual"),
    ),
)  # fmt: skip

"""Whether a name that a person gives is that of a tracked program or of an application."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from trayapp.cli.options import ask_applet
from trayapp.domain.records.identity import MEMTRAY
from trayapp.errors import HistoryError, MemtrayError, UsageError
from trayapp.language.catalogue import _, paragraph
from trayapp.paths import current_paths

TARGET, APPLICATION = "target", "application"


def kind_of(name: str) -> str:
    """Return "target" or "application", as the applet or else the history knows the name.

    "target" where neither can be asked: the window says why. Raises: UsageError for a name that
    nobody knows.
    """
    if name == MEMTRAY:
        return TARGET
    try:
        # All of them, not only the largest.
        rows = ask_applet("table", all=True).get("rows")
    except MemtrayError:
        return TARGET
    shown = [row for row in (rows if isinstance(rows, list) else []) if isinstance(row, dict)]
    running = {
        kind: [str(row.get("name")) for row in shown if row.get("kind") == kind]
        for kind in (TARGET, APPLICATION)
    }
    try:
        past_targets, past_applications = _recorded()
    except HistoryError:
        return APPLICATION if name in running[APPLICATION] else TARGET
    targets = [*running[TARGET], *past_targets]
    return choose_kind(name, targets, [*running[APPLICATION], *past_applications])


def choose_kind(name: str, targets: Collection[str], applications: Collection[str]) -> str:
    """Return which of them has the name, targets first. Raises: UsageError with the nearest."""
    if name in targets:
        return TARGET
    if name in applications:
        return APPLICATION
    near = get_close_matches(name, [*targets, *applications], n=1)
    hint = _("Did you mean {name}?").format(name=repr(near[0])) if near else ""
    text = _("No tracked program or application is called {name}.").format(name=repr(name))
    raise UsageError(paragraph(text, hint))


def _recorded() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the targets and the applications that have a history. Raises: HistoryError."""
    from trayapp.history.reader import HistoryReader
    from trayapp.windows.selecting import application_names, target_names

    if not current_paths().history_file.is_file():
        return (), ()
    with HistoryReader(current_paths().history_file) as reader:
        series = [*reader.series()]
    return target_names(series), application_names(series)

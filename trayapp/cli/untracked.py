"""Names that the menu lists, but of which the history keeps nothing: applications."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trayapp.charts.labels import plain_name
from trayapp.control.client import call
from trayapp.errors import MemtrayError, UsageError
from trayapp.language.catalogue import _


def find_application(names: Sequence[str], history_file: Path, runtime: Path) -> str | None:
    """The application that is meant by the only name; None: the history, or nobody, knows it.

    Raises: UsageError where it is one of several names, with what to do.
    """
    asked = [name for name in names if name not in ("system", "memtray")]
    unknown = [name for name in asked if name not in _recorded(history_file)]
    if not unknown:
        return None
    running = _applications(runtime)
    found = [name for name in unknown if name in running]
    if not found:
        return None
    if len(names) > 1:
        raise UsageError(
            _("{why}; name it alone to see what it holds now").format(why=no_history_of(found[0]))
        )
    return found[0]


def no_history_of(name: str) -> str:
    """Why there are no trends of an application, in one line."""
    return _(
        "{name} is an application, not a target, so nothing of it is recorded;"
        " track it in the menu to have its trends from now on"
    ).format(name=plain_name(name))


def _recorded(history_file: Path) -> set[str]:
    from trayapp.history.reader import HistoryReader

    if not history_file.is_file():
        return set()
    with HistoryReader(history_file) as reader:
        return {series.name for series in reader.series() if series.kind == "target"}


def _applications(runtime: Path) -> set[str]:
    try:
        # All of them, not only the largest.
        rows = call(runtime, "table", {"all": True}).get("rows")
    except MemtrayError:
        return set()
    return {
        row["name"]
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and row.get("kind") == "application"
    }

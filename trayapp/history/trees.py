"""Whether the trees of a SQLite file lead to all of its pages, as its pointer maps say they do.

SQLite does not notice if the root of a tree is replaced by one of its own leaves: what lay below
it is as if it had never been. Nothing here may be open in SQLite in this process meanwhile: closing
the file would take its locks from it.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

from trayapp.history.pages import CHILD, ROOT, TREE_KINDS, PageFile, cell_places, is_branch

_LOCK_SECONDS = 0.25
_HEADER_BYTES = 100
_OF_A_CELL = 16
"""So much of a row tells it from all others: its lengths and its key."""


def fold_in_log(path: Path) -> bool:
    """Write what is in the log into the file; return whether nothing is left out of it.

    Raises: OSError.
    """
    log = path.with_name(path.name + "-wal")
    if not log.exists() or not log.stat().st_size:
        return True
    try:
        with closing(sqlite3.connect(path, timeout=_LOCK_SECONDS)) as connection:
            is_busy, count, done = connection.execute("PRAGMA wal_checkpoint").fetchone()
    except sqlite3.Error:
        # Whoever opens it next tells why.
        return False
    return not is_busy and count == done


def count_lost_pages(path: Path) -> int:
    """Return how many pages belong to a tree that does not lead to them. Raises: OSError."""
    with PageFile(path) as pages:
        claimed: Counter[int] = Counter()
        lost = 0
        for number, kind, parent in pages.entries():
            if kind == CHILD:
                claimed[parent] += 1
            elif kind == ROOT and pages.read(number)[:1] not in TREE_KINDS:
                lost += 1
        for parent, count in claimed.items():
            children = _children(pages, parent)
            lost += count - sum(pages.entry(child) == (CHILD, parent) for child in children)
    return lost


def count_damaged_pages(path: Path) -> tuple[int, int]:
    """Return how many pages of trees are none, or another page once more; and how many there are.

    Raises: OSError.
    """
    damaged = 0
    seen: set[int] = set()
    with PageFile(path) as pages:
        for number, kind, _parent in pages.entries():
            if kind not in (ROOT, CHILD):
                continue
            page = pages.read(number)
            if page[:1] not in TREE_KINDS:
                damaged += 1
                continue
            # Of two copies one may have been written on; how it begins is the same.
            place = next(cell_places(page), None)
            if place is not None:
                mark = hash(page[:1] + page[place : place + _OF_A_CELL])
                damaged += mark in seen
                seen.add(mark)
        return damaged, pages.last


def _children(pages: PageFile, number: int) -> set[int]:
    page = pages.read(number)
    first = _HEADER_BYTES if number == 1 else 0
    if not is_branch(page, first):
        return set()
    children = {
        int.from_bytes(page[place : place + 4], "big") for place in cell_places(page, first)
    }
    children.add(int.from_bytes(page[first + 8 : first + 12], "big"))
    return children

"""Things that a program registers by name; nothing here raises."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from typing import Generic, TypeVar

MOST_NAMES = 1000
LONGEST_NAME = 100
"""Characters of a name or a reason that are passed on."""

T = TypeVar("T")


class Registry(Generic[T]):
    """Things of one kind by their names. Any thread; nothing raises."""

    def __init__(self) -> None:
        self._kept: dict[str, T] = {}

    def put(self, name: str, thing: T) -> None:
        """Keep it under its name, in place of another; beyond a thousand, ignore it."""
        key = _key(name)
        if key in self._kept or len(self._kept) < MOST_NAMES:
            self._kept[key] = thing

    def drop(self, name: str) -> None:
        self._kept.pop(_key(name), None)

    def all(self) -> list[tuple[str, T]]:
        # In one step of the interpreter: another thread may be registering.
        return list(self._kept.items())


def cut(text: str) -> str:
    return text[:LONGEST_NAME]


def plain(text: object) -> str:
    """Return whatever was given as a name as text: cut, in one line."""
    said = cut(text if type(text) is str else safe_text(text))
    if said.isprintable():
        return said
    return "".join(character if character.isprintable() else " " for character in said)


def safe_text(thing: object) -> str:
    """Return `str(thing)`; empty if that raises."""
    try:
        return str(thing)
    except Exception:  # noqa: BLE001  (the program's own code: it may raise anything)
        return ""


def measured_bytes(measure: Callable[[], int] | None) -> int | None:
    """Return what a program's function returns; None: it raises, or that is no size."""
    if measure is None:
        return None
    try:
        told = measure()
        size = int(told) if isinstance(told, float) else operator.index(told)
    except BaseException:  # noqa: BLE001  (whatever it is, the size is not known)
        return None
    return size if 0 <= size <= sys.maxsize and not isinstance(told, bool) else None


def _key(name: object) -> str:
    return name if type(name) is str else safe_text(name)

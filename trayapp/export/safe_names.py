"""Names written by strangers, made fit for cells, headings and sheets."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from trayapp.domain.records.names import DIRECTION_MARK

_LONGEST_CELL = 4000
_LONGEST_SHEET_NAME = 31
"""Excel's limit, in UTF-16 units."""
_NOT_IN_SHEET_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", "_"))


def plain_text(text: str) -> str:
    """Return one printable line of a length that a cell holds.

    Control characters, halves of characters and what turns the writing direction around become a
    replacement mark.
    """
    return "".join(
        one if one == " " or _is_printable(one) else "\N{REPLACEMENT CHARACTER}"
        for one in text[:_LONGEST_CELL].replace(DIRECTION_MARK, "")
    )


def unique_names(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Return the names, plain, with a number behind those that occur twice."""
    used = set(taken)
    return [_claim(plain_text(name), used) for name in names]


def sheet_names(names: Iterable[str], taken: Iterable[str]) -> list[str]:
    """Return a legal sheet name for each of `names`, all different, also from `taken`."""
    # Excel keeps "History" for itself, and takes upper and lower case for the same.
    used = {name.casefold() for name in (*taken, "History")}
    found = []
    for name in names:
        legal = plain_text(name).translate(_NOT_IN_SHEET_NAMES).strip(" '")
        found.append(_claim(_shorten(legal) or "unnamed", used, shorten=True))
    return found


def _claim(name: str, used: set[str], *, shorten: bool = False) -> str:
    """Return a free name and mark it as used."""
    claimed, number = name, 1
    while (claimed.casefold() if shorten else claimed) in used:
        number += 1
        tail = f" ({number})"
        claimed = (_shorten(name, _LONGEST_SHEET_NAME - len(tail)) if shorten else name) + tail
    used.add(claimed.casefold() if shorten else claimed)
    return claimed


def _shorten(name: str, length: int = _LONGEST_SHEET_NAME) -> str:
    while len(name.encode("utf-16-le")) > 2 * length:
        name = name[:-1]
    return name.strip(" '")


def _is_printable(character: str) -> bool:
    # C: control, format, half, private, unassigned; Z: separators.
    return unicodedata.category(character)[0] not in "CZ"

"""Rows of numbers read from a damaged SQLite file page by page, past the tree that lost them.

One damaged page in the middle of a tree hides all pages below it. Their rows are whole, and prove
it by their marks. The form: https://www.sqlite.org/fileformat2.html#b_tree_pages
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

Row = tuple[int | float, ...]

_HEADERS = {0x0A: (8, 0), 0x02: (12, 4)}
"""By the kind of a page, leaf or not, where its cells are listed and a row begins within one."""
_LENGTHS = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}
_LONGEST_ROW = 120
_REAL = 7
_EITHER = (8, 9)
"""The kinds that are 0 and 1 without a byte."""


def read_page_rows(path: Path) -> Iterator[list[Row]]:
    """Yield the rows of numbers of each page. Raises: OSError."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(18)[16:], "big")
        size = 65_536 if size == 1 else size
        if size < 512:
            return
        free = _free_pages(file, size)
        number = 1
        file.seek(size)
        while page := file.read(size):
            number += 1
            if page[0] in _HEADERS and number not in free:
                yield list(_rows(page))


def _free_pages(file: BinaryIO, size: int) -> set[int]:
    """Return the pages that are in no tree: they hold what was deleted."""
    file.seek(32)
    free: set[int] = set()
    trunk = int.from_bytes(file.read(4), "big")
    while trunk and trunk not in free:
        free.add(trunk)
        file.seek((trunk - 1) * size)
        page = file.read(size)
        count = min(int.from_bytes(page[4:8], "big"), size // 4 - 2)
        free.update(int.from_bytes(page[at : at + 4], "big") for at in range(8, 8 + 4 * count, 4))
        trunk = int.from_bytes(page[:4], "big")
    return free


def _rows(page: bytes) -> Iterator[Row]:
    first, skipped = _HEADERS[page[0]]
    count = int.from_bytes(page[3:5], "big")
    for place in range(first, min(first + 2 * count, len(page) - 1), 2):
        begin = int.from_bytes(page[place : place + 2], "big") + skipped
        # One byte tells the length of so short a row, and of its header.
        length = page[begin] if begin < len(page) else 0
        cell = page[begin + 1 : begin + 1 + length]
        if 2 < length == len(cell) <= _LONGEST_ROW:
            row = _row(cell)
            if row is not None:
                yield row


def _row(cell: bytes) -> Row | None:
    kinds = cell[1 : cell[0]]
    at = cell[0]
    values: list[int | float] = []
    for kind in kinds:
        length = _LENGTHS.get(kind)
        if length is None or kind == 0 or at + length > len(cell):
            return None
        if kind == _REAL:
            values += struct.unpack(">d", cell[at : at + 8])
            if not math.isfinite(values[-1]):
                return None
        elif kind in _EITHER:
            values.append(kind - 8)
        else:
            values.append(int.from_bytes(cell[at : at + length], "big", signed=True))
        at += length
    return tuple(values)

"""Rows read from a damaged SQLite file page by page, past the tree that lost them.

One damaged page in the middle of a tree hides all pages below it, and a damaged first page all
there is. Their rows are whole, and prove it by their marks.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path

from trayapp.dataclass import NamedTuple
from trayapp.history.pages import (
    INDEX_BRANCH,
    INDEX_LEAF,
    OWN_SIZE,
    TABLE_LEAF,
    PageFile,
    cell_places,
)

Row = tuple[int | float, ...]
Value = int | float | str | bytes | None

_LENGTHS = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}
_LONGEST_ROW = 120
_LONGEST_TEXT_ROW = 1 << 20
_NULL, _REAL = 0, 7
_EITHER = (8, 9)
"""The kinds that are 0 and 1 without a byte."""
_FIRST_LENGTH = 12
"""From here on, a kind tells how long a text (odd) or bytes (even) are."""


class TextRow(NamedTuple):
    """A row of a table that holds texts."""

    number: int | None
    """None: its table has no numbers of rows, or it is an index."""
    values: tuple[Value, ...]


def read_page_rows(path: Path) -> Iterator[list[Row]]:
    """Yield the rows of numbers of each page. Raises: OSError."""
    for pages in _every_size(path):
        with pages:
            free = pages.free_pages()
            for number in range(2, pages.count + 2):
                page = pages.read(number)
                if page[:1] and page[0] in (INDEX_LEAF, INDEX_BRANCH) and number not in free:
                    yield list(_rows(page))


def read_text_rows(path: Path) -> Iterator[list[TextRow]]:
    """Yield the rows of each page of tables and indices, of texts or numbers. Raises: OSError."""
    for pages in _every_size(path):
        with pages:
            free = pages.free_pages()
            for number in range(2, pages.count + 2):
                page = pages.read(number)
                kinds = (TABLE_LEAF, INDEX_LEAF, INDEX_BRANCH)
                if page[:1] and page[0] in kinds and number not in free:
                    yield list(_text_rows(pages, page))


def _every_size(path: Path) -> Iterator[PageFile]:
    """The size of pages may be what is damaged; marks tell rows from what only resembles them."""
    pages = PageFile(path)
    yield pages
    if pages.size != OWN_SIZE:
        yield PageFile(path, OWN_SIZE)


def _rows(page: bytes) -> Iterator[Row]:
    skipped = 4 if page[0] == INDEX_BRANCH else 0
    for place in cell_places(page):
        begin = place + skipped
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
        if length is None or kind == _NULL or at + length > len(cell):
            return None
        value = _number(kind, cell[at : at + length])
        if not math.isfinite(value):
            return None
        values.append(value)
        at += length
    return tuple(values)


def _number(kind: int, content: bytes) -> int | float:
    if kind == _REAL:
        value: float = struct.unpack(">d", content)[0]
        return value
    return kind - 8 if kind in _EITHER else int.from_bytes(content, "big", signed=True)


def _text_rows(pages: PageFile, page: bytes) -> Iterator[TextRow]:
    kind = page[0]
    for place in cell_places(page):
        length, at = _varint(page, place + (4 if kind == INDEX_BRANCH else 0))
        number = None
        if kind == TABLE_LEAF:
            number, at = _varint(page, at)
        if not 2 < length <= _LONGEST_TEXT_ROW:
            continue
        values = _values(_content(pages, page, at, length))
        if values is not None:
            yield TextRow(number, values)


def _content(pages: PageFile, page: bytes, at: int, length: int) -> bytes:
    """Return what belongs to a cell, from its page and those that it overflows to."""
    size = pages.size
    most = size - 35 if page[0] == TABLE_LEAF else (size - 12) * 64 // 255 - 23
    if length <= most:
        return page[at : at + length]
    least = (size - 12) * 32 // 255 - 23
    local = least + (length - least) % (size - 4)
    local = local if local <= most else least
    parts = [page[at : at + local]]
    following = int.from_bytes(page[at + local : at + local + 4], "big")
    left = length - local
    while left > 0 and 1 < following <= pages.count:
        part = pages.read(following)
        parts.append(part[4 : 4 + min(left, size - 4)])
        left -= size - 4
        following = int.from_bytes(part[:4], "big")
    return b"".join(parts)


def _values(cell: bytes) -> tuple[Value, ...] | None:
    end, at = _varint(cell, 0)
    values: list[Value] = []
    place = end
    while at < min(end, len(cell)):
        kind, at = _varint(cell, at)
        length = _LENGTHS.get(kind) if kind < _FIRST_LENGTH else (kind - _FIRST_LENGTH) // 2
        if length is None or place + length > len(cell):
            return None
        content = cell[place : place + length]
        place += length
        if kind >= _FIRST_LENGTH:
            values.append(content.decode("utf-8", "replace") if kind % 2 else content)
        else:
            values.append(None if kind == _NULL else _number(kind, content))
    return tuple(values)


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """Return a number of one to nine bytes, and where the next thing begins."""
    value = 0
    for place in range(at, min(at + 8, len(content))):
        value = value << 7 | content[place] & 0x7F
        if content[place] < 0x80:
            return value, place + 1
    # A ninth byte counts whole; nothing of ours is so large.
    return -1, at + 9

"""The pages of a SQLite file as they lie on disk, past everything that may be damaged above them.

The form: https://www.sqlite.org/fileformat2.html. The store is written with pointer maps
("auto_vacuum"), which say of every page what it is and which page of its tree leads to it: known
even where the first page, with the header and the names of all tables, is destroyed.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from trayapp.dataclass import NamedTuple

OWN_SIZE: Final = 4096
"""The size of pages that SQLite gives to our files."""
INDEX_LEAF, TABLE_LEAF, INDEX_BRANCH, TABLE_BRANCH = 0x0A, 0x0D, 0x02, 0x05
TREE_KINDS = frozenset(
    bytes([kind]) for kind in (INDEX_LEAF, TABLE_LEAF, INDEX_BRANCH, TABLE_BRANCH)
)
"""The first byte of a page of a tree."""
ROOT, FREE, OVERFLOW_FIRST, OVERFLOW_NEXT, CHILD = 1, 2, 3, 4, 5
"""What a page is, by the pointer maps."""
_MAGIC = b"SQLite format 3\0"
_PENDING_BYTE = 1 << 30
_ENTRY = struct.Struct(">BI")


class Entry(NamedTuple):
    """What the pointer map says of a page: what it is, and which page leads to it."""

    kind: int
    parent: int


def header_is_sound(header: bytes) -> bool:
    """Return whether the first 100 bytes of a file can be what SQLite writes for us."""
    return (
        len(header) == 100
        and header.startswith(_MAGIC)
        and _page_size(header) is not None
        and 1 <= header[18] <= 2
        and 1 <= header[19] <= 2
        and header[20:24] == b"\0\x40\x20\x20"
        and 1 <= int.from_bytes(header[44:48], "big") <= 4
        and 1 <= int.from_bytes(header[56:60], "big") <= 3
    )


def has_damaged_header(path: Path) -> bool:
    """Return whether there is a file whose header is not one of SQLite's."""
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError:
        return False
    return bool(header) and not header_is_sound(header)


def _page_size(header: bytes) -> int | None:
    size = int.from_bytes(header[16:18], "big")
    size = 65_536 if size == 1 else size
    return size if 512 <= size <= 65_536 and size & (size - 1) == 0 else None


class PageFile(AbstractContextManager["PageFile"]):
    """A file's pages by their numbers, from 1. Use it in a `with` statement.

    Raises, also from every method: OSError.
    """

    def __init__(self, path: Path, page_size: int | None = None) -> None:
        """page_size: instead of the header's; None: that, or ours where there is none."""
        self._file = path.open("rb")
        header = self._file.read(100)
        self.has_header = header_is_sound(header)
        self.size = page_size or (_page_size(header) if self.has_header else None) or OWN_SIZE
        # A last page that is not whole is none.
        self.count = os.fstat(self._file.fileno()).st_size // self.size
        used = int.from_bytes(header[28:32], "big") if self.has_header else 0
        self.last = min(used or self.count, self.count)
        """The last page that is in use; behind it may be what was cut off, but not yet."""
        self.has_maps = not self.has_header or header[52:56] != bytes(4)
        self._first_free = int.from_bytes(header[32:36], "big") if self.has_header else 0
        self._maps: dict[int, bytes] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def read(self, number: int) -> bytes:
        """Return a page; shorter, or empty, where the file ends before."""
        if number < 1:
            return b""
        self._file.seek((number - 1) * self.size)
        return self._file.read(self.size)

    def entry(self, number: int) -> Entry | None:
        """Return what the pointer map says of a page; None: it is a map itself, or says nothing."""
        if not self.has_maps or number < 3:
            return None
        place = self._map_before(number)
        at = number - place - 1
        content = self._map(place)
        if not 0 <= at < len(content) // _ENTRY.size:
            return None
        entry = Entry(*_ENTRY.unpack_from(content, at * _ENTRY.size))
        return entry if ROOT <= entry.kind <= CHILD else None

    def entries(self) -> Iterator[tuple[int, int, int]]:
        """Yield the number, kind and parent of every page in use that the maps say of.

        As `entry`, at a fraction of the cost.
        """
        number = 3
        while self.has_maps and number <= self.last:
            place = self._map_before(number)
            number = place + 1
            for kind, parent in _ENTRY.iter_unpack(self._map(place)):
                if number > self.last:
                    return
                if ROOT <= kind <= CHILD:
                    yield number, kind, parent
                number += 1
            number = place + self.size // _ENTRY.size + 2

    def _map_before(self, number: int) -> int:
        stride = self.size // _ENTRY.size + 1
        place = (number - 2) // stride * stride + 2
        # The page that SQLite locks bytes of is never used.
        return place + (place == _PENDING_BYTE // self.size + 1)

    def _map(self, place: int) -> bytes:
        if place not in self._maps:
            content = self.read(place)
            self._maps[place] = content[: len(content) // _ENTRY.size * _ENTRY.size]
        return self._maps[place]

    def free_pages(self) -> set[int]:
        """Return the pages that are in no tree: they hold what was deleted."""
        free: set[int] = set()
        trunk = self._first_free
        while trunk and trunk not in free:
            free.add(trunk)
            page = self.read(trunk)
            count = min(int.from_bytes(page[4:8], "big"), self.size // 4 - 2)
            free.update(
                int.from_bytes(page[at : at + 4], "big") for at in range(8, 8 + 4 * count, 4)
            )
            trunk = int.from_bytes(page[:4], "big")
        free.update(number for number, kind, _parent in self.entries() if kind == FREE)
        return free


def is_branch(page: bytes, first: int = 0) -> bool:
    """Return whether a page of a tree leads to others."""
    return page[first : first + 1] in (bytes([INDEX_BRANCH]), bytes([TABLE_BRANCH]))


def cell_places(page: bytes, first: int = 0) -> Iterator[int]:
    """Yield where each cell of a page of a tree begins; `first`: where the page's own part does."""
    begin = first + (12 if is_branch(page, first) else 8)
    count = int.from_bytes(page[first + 3 : first + 5], "big")
    for place in range(begin, min(begin + 2 * count, len(page) - 1), 2):
        yield int.from_bytes(page[place : place + 2], "big")

"""Marks beside menu entries: one shape and colour for each level that is no good."""

from __future__ import annotations

import functools
import struct
import zlib
from collections.abc import Callable

from trayapp.domain.colors import Rgb
from trayapp.domain.levels import Level

MARK_PX = 16
"""The edge of a mark, which is what menus have beside a line of text."""
_LOOKS: dict[Level, tuple[Rgb, Callable[[float, float], bool]]] = {
    # Mid tones, at least 3:1 on white as on black menus. By shape as well: who does not tell the
    # colours apart counts corners.
    Level.WARNING: ((178, 118, 0), lambda x, y: abs(x) <= (y + 6.5) / 2 and y <= 5.5),
    Level.CRITICAL: ((222, 60, 36), lambda x, y: abs(x) + abs(y) <= 7.0),
    Level.EMERGENCY: ((206, 60, 160), lambda x, y: max(abs(x), abs(y)) <= 5.5),
}


@functools.cache
def level_mark(level: Level) -> bytes:
    """The mark of a level as PNG; empty where all is well."""
    if level not in _LOOKS:
        return b""
    color, is_inside = _LOOKS[level]
    middle = (MARK_PX - 1) / 2
    rows = bytearray()
    for y in range(MARK_PX):
        rows.append(0)  # this row's filter: none
        for x in range(MARK_PX):
            rows += bytes((*color, 255 if is_inside(x - middle, y - middle) else 0))
    header = struct.pack(">2I5B", MARK_PX, MARK_PX, 8, 6, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"IDAT", zlib.compress(bytes(rows))),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

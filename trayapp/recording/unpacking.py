"""Packed files as streams in bounded memory: gzip, bzip2 and xz, however they were made.

A file of a few KiB may unpack to gigabytes, and one of xz may ask for 1.5 GiB to do so.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from typing import BinaryIO, cast

from trayapp.language.units import MIB

BREAKS = (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, OSError)
"""Errors that a packed file raises where it breaks off."""
XZ_MEMORY_BYTES = 72 * MIB
"""As much as files of `xz -9` need, which is the most that people use."""
_FREE_BYTES = 16 * MIB
_MOST_RATIO = 200
"""Recordings shrink to a tenth, very even ones to a hundredth."""
_PIECE_BYTES = 1 << 16
Opener = Callable[[BinaryIO], BinaryIO]


class NeedsMemoryError(Exception):
    """A file of xz asks for more memory than it may have."""


class _XzFile(io.RawIOBase):
    """As `lzma.LZMAFile` reads, with a limit on memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = self._new_decoder()
        self._is_started = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer. Raises: NeedsMemoryError, and those of `BREAKS`."""
        while True:
            if self._decoder.eof:
                # Several may follow one another, and zeros between them.
                rest = self._decoder.unused_data.lstrip(b"\0") or self._file.read(_PIECE_BYTES)
                rest = rest.lstrip(b"\0")
                if not rest:
                    return 0
                self._decoder = self._new_decoder()
            elif self._decoder.needs_input:
                rest = self._file.read(_PIECE_BYTES)
                if not rest:
                    raise EOFError
            else:
                rest = b""
            try:
                data = self._decoder.decompress(rest, len(buffer))
            except lzma.LZMAError as error:
                if "limit" in str(error).lower():
                    raise NeedsMemoryError from error
                raise
            if data:
                buffer[: len(data)] = data
                return len(data)

    @staticmethod
    def _new_decoder() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES)


def find_opener(magic: bytes) -> Opener | None:
    """Return what unpacks a file that begins so; None: it is not packed."""
    return next((opener for mark, opener in _PACKED if magic.startswith(mark)), None)


def is_beyond_measure(unpacked_bytes: int, packed_bytes: int) -> bool:
    """Return whether a file has unpacked to more than a recording can."""
    return unpacked_bytes > max(_FREE_BYTES, _MOST_RATIO * packed_bytes)


def _open_gzip(file: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", gzip.open(file))


def _open_bzip2(file: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", bz2.open(file))


def _open_xz(file: BinaryIO) -> BinaryIO:
    return io.BufferedReader(_XzFile(file), _PIECE_BYTES)


_PACKED: tuple[tuple[bytes, Opener], ...] = (
    (b"\x1f\x8b", _open_gzip),
    (b"BZh", _open_bzip2),
    (b"\xfd7zXZ\0", _open_xz),
)

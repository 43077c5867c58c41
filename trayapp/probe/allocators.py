"""What this program's two allocators say of themselves: the C library's heap, Python's arenas."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

if sys.version_info >= (3, 14):
    # The first structure loads it, and no fork would wait for that.
    with suppress(ImportError):
        __import__("ctypes._layout")

_STREAM_BYTES = 16_384
_ALLOCATED = b"# bytes in allocated blocks"
_ARENAS = b"bytes/arena"
_CLASSES = b"blocks in use  avail blocks"
_LONGEST_INFO_BYTES = 1024 * 1024
_MOST_HEAPS = 64
_TRIAL_BYTES, _TRIES = 1024 * 1024, 3

ArenaFigures = tuple[int, int, int]
"""Bytes of arenas, bytes of blocks in use, number of these blocks."""


def open_library(ctypes: Any) -> Callable[[], Any]:
    """Return what reads `mallinfo2`, as that structure. Raises: AttributeError, OSError."""
    library = ctypes.PyDLL("libc.so.6")

    class Info(ctypes.Structure):  # type: ignore[misc]
        _fields_ = tuple(
            (name, ctypes.c_size_t)
            for name in (
                "arena", "ordblks", "smblks", "hblks", "hblkhd",
                "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
            )
        )  # fmt: skip

    # By PyDLL, which keeps the interpreter's lock: to let it go and wait for it costs up to 5 ms.
    ask: Callable[[], Any] = library.mallinfo2
    ask.restype = Info  # type: ignore[attr-defined]
    if not _counts(ctypes, ask):
        # Another allocator was put before it, such as jemalloc: the library knows nothing of that.
        raise AttributeError("malloc")
    return ask


def _counts(ctypes: Any, ask: Callable[[], Any]) -> bool:
    """Return whether the library counts what this program allocates.

    Addresses of functions do not tell: in some executables they are those of stubs.
    """
    everything = ctypes.PyDLL(None)
    allocate, release = everything.malloc, everything.free
    allocate.restype, allocate.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    release.restype, release.argtypes = None, [ctypes.c_void_p]
    for _ in range(_TRIES):  # another thread may free something in between
        before = ask()
        block = allocate(_TRIAL_BYTES)
        after = ask()
        release(block)
        grown = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd
        if block and grown >= _TRIAL_BYTES:
            return True
    return False


def open_arena_text(ctypes: Any) -> Callable[[], bytes]:
    """Return what has Python describe its arenas, into a stream in memory; empty: it cannot.

    Raises: AttributeError, OSError.
    """
    stream = _Stream(ctypes, _STREAM_BYTES)
    describe = ctypes.pythonapi._PyObject_DebugMallocStats
    describe.argtypes = [ctypes.c_void_p]

    def read() -> bytes:
        return stream.written_by(describe)

    return read


def read_block_bytes(text: bytes) -> int | None:
    """Return the bytes of Python's small blocks in use."""
    return _number_after(text, _ALLOCATED)


def read_arenas(text: bytes) -> ArenaFigures | None:
    """Return what the description says of arenas and blocks; None: it is not as expected."""
    used_bytes = read_block_bytes(text)
    _before, found, after = text.partition(_ARENAS)
    table = text.partition(_CLASSES)[2].partition(b"\n\n")[0]
    if used_bytes is None or not found:
        return None
    held = after.partition(b"\n")[0].lstrip(b" =").replace(b",", b"")
    blocks = 0
    for line in table.splitlines()[2:]:  # after the rule below the headings
        parts = line.split()
        if len(parts) == 5:
            blocks += int(parts[3])
    return int(held), used_bytes, blocks


def read_library_heaps(ctypes: Any) -> list[dict[str, int]]:
    """Return what each of the C library's heaps holds and has free; on request, as it is dear.

    Raises: AttributeError, OSError, ValueError.
    """
    inform = ctypes.PyDLL("libc.so.6").malloc_info
    inform.argtypes = [ctypes.c_int, ctypes.c_void_p]
    text = _Stream(ctypes, _LONGEST_INFO_BYTES).written_by(lambda file: inform(0, file))
    heaps: list[dict[str, int]] = []
    for part in text.split(b"<heap ")[1 : _MOST_HEAPS + 1]:
        part = part.partition(b"</heap>")[0]
        free = sum(
            _attribute(line, b"size")
            for line in part.splitlines()
            if line.startswith((b'<total type="fast"', b'<total type="rest"'))
        )
        held = next(
            (
                _attribute(line, b"size")
                for line in part.splitlines()
                if line.startswith(b'<system type="current"')
            ),
            0,
        )
        heaps.append({"held_bytes": held, "free_bytes": min(free, held)})
    return heaps


class _Stream:
    """A stream of the C library's that writes into memory of ours."""

    def __init__(self, ctypes: Any, size: int) -> None:
        library = ctypes.PyDLL("libc.so.6")
        self._open, self._close = library.fmemopen, library.fclose
        self._open.restype = ctypes.c_void_p
        self._open.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
        self._close.argtypes = [ctypes.c_void_p]
        self._buffer, self._size = ctypes.create_string_buffer(size), size

    def written_by(self, write: Callable[[Any], object]) -> bytes:
        file = self._open(self._buffer, self._size, b"w")
        if not file:
            return b""
        write(file)
        self._close(file)
        text: bytes = self._buffer.value
        return text


def _number_after(text: bytes, label: bytes) -> int | None:
    line = text.partition(label)[2].partition(b"\n")[0]
    return int(line.lstrip(b" =").replace(b",", b"")) if line else None


def _attribute(line: bytes, name: bytes) -> int:
    return int(line.partition(name + b'="')[2].partition(b'"')[0])

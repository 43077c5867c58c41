r"""The columnar file, `.memrec`: small, quick to read, and readable up to wherever it was cut off.

It begins with the eight bytes `MEMREC1\n`. Blocks follow until the end of the file. A block is

    4 bytes   its kind: HEAD, PROC, ROWS or DONE; readers skip other kinds
    3 × u32   length of its description, length of its data, CRC-32 of both together
    …         the description: one JSON object
    …         the data: only ROWS has any

Numbers are little-endian. The descriptions:

    HEAD  "format": 1, "interval_seconds", "started_wall_seconds", "columns": ["rss_bytes",
          "anon_bytes"]: what is recorded of each process
    PROC  "process": a number from 1, "pid", "name", "command_line"; told before the first rows of
          the process, and again if its name changed
    ROWS  "rows": how many, "processes": the numbers of those in these rows, "bytes": the length
          of each column in the data
    DONE  the summary that `memtray record --json` prints; missing if the recorder was killed

The columns of ROWS: seconds since the start, then for each process each of HEAD's columns. A column
is `rows` float64; NaN is unknown. It is compressed by zlib unless its length is 8 × `rows`. With
numpy: `numpy.frombuffer(zlib.decompress(column), "<f8")`.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import zlib
from array import array
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

from trayapp.dataclass import dataclass, field
from trayapp.errors import RecordingError
from trayapp.language.catalogue import _
from trayapp.recording.chunks import Chunk, RecordedProcess, RecordingHead
from trayapp.recording.records import Recording, Track, known_or_none, known_rows

MAGIC = b"MEMREC1\n"
COLUMNS = ("rss_bytes", "anon_bytes")
KEPT_COMMAND_LINE = 200
"""Characters; enough to tell processes apart."""
MOST_ROWS = 1_000_000
"""In one block; a reader must not be made to expect the impossible."""
_BLOCK = struct.Struct("<4sIII")
_FASTEST = 1


class MemrecWriter:
    """Writes the columnar file; see `FileWriter`."""

    def head(self, head: RecordingHead) -> bytes:
        """The magic bytes and HEAD."""
        return MAGIC + _block(
            b"HEAD",
            {
                "format": 1,
                "interval_seconds": head.interval_seconds,
                "started_wall_seconds": head.started_wall_seconds,
                "columns": COLUMNS,
            },
        )

    def process(self, process: RecordedProcess) -> bytes:
        facts = process.facts
        return _block(
            b"PROC",
            {
                "process": process.number,
                "pid": facts.key.pid,
                "name": facts.name,
                "command_line": facts.command_line[:KEPT_COMMAND_LINE],
            },
        )

    def chunk(self, chunk: Chunk) -> Iterator[bytes]:
        """ROWS; a pause after each column."""
        columns = [_bytes_of(chunk.times, chunk.rows)]
        for column in chunk.columns:
            data = _bytes_of(column, chunk.rows)
            packed = zlib.compress(data, _FASTEST)
            columns.append(packed if len(packed) < len(data) else data)
            yield b""
        description = {
            "rows": chunk.rows,
            "processes": [process.number for process in chunk.processes],
            "bytes": [len(column) for column in columns],
        }
        yield _block(b"ROWS", description, b"".join(columns))

    def end(self, summary: Mapping[str, object]) -> bytes:
        return _block(b"DONE", summary)

    def tidy(self, path: Path) -> None:
        """Nothing to do."""


def _block(kind: bytes, description: Mapping[str, object], data: bytes = b"") -> bytes:
    text = json.dumps(description, separators=(",", ":")).encode()
    checksum = zlib.crc32(data, zlib.crc32(text))
    return b"".join((_BLOCK.pack(kind, len(text), len(data), checksum), text, data))


def _bytes_of(column: array[float], rows: int) -> bytes:
    part = column[:rows]
    if sys.byteorder == "big":
        part.byteswap()
    return part.tobytes()


def read_memrec(path: Path, file: BinaryIO) -> Recording:
    """Read the columnar file, whose magic bytes were read already.

    Raises: RecordingError if not even its beginning is there; OSError.
    """
    reading = _Reading(path)
    try:
        for kind, description, data in _blocks(file, os.fstat(file.fileno()).st_size):
            reading.add_block(kind, description, data)
    except _CutOffError as error:
        reading.notes.append(str(error))
    except (ValueError, KeyError, TypeError, zlib.error, RecursionError):
        reading.notes.append(_("damaged in the middle; what comes before is shown"))
    return reading.result()


class _CutOffError(Exception):
    """The file ends, or is no longer what was written, within a block."""


def _blocks(file: BinaryIO, size_bytes: int) -> Iterator[tuple[bytes, dict[str, Any], memoryview]]:
    while start := file.read(_BLOCK.size):
        if len(start) < _BLOCK.size:
            raise _CutOffError(_("truncated while being written; what comes before is shown"))
        kind, text_bytes, data_bytes, checksum = _BLOCK.unpack(start)
        # Asked first: a damaged length must not be allocated.
        if text_bytes + data_bytes > size_bytes - file.tell():
            raise _CutOffError(_("truncated while being written; what comes before is shown"))
        body = file.read(text_bytes + data_bytes)
        if zlib.crc32(body) != checksum:
            raise _CutOffError(_("damaged in the middle; what comes before is shown"))
        description = json.loads(body[:text_bytes])
        if not isinstance(description, dict):
            raise ValueError(kind)
        yield kind, description, memoryview(body)[text_bytes:]


@dataclass(slots=True)
class _Life:
    """One process while its file is being read."""

    first_row: int
    columns: tuple[array[float], ...]
    pid: int | None = None
    name: str = ""
    command_line: str = ""


@dataclass(slots=True)
class _Reading:
    """Contents of the file, as far as they were read."""

    path: Path
    head: dict[str, Any] | None = None
    is_complete: bool = False
    times: array[float] = field(default_factory=lambda: array("d"))
    lives: dict[int, _Life] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _names: dict[int, dict[str, Any]] = field(default_factory=dict)

    def add_block(self, kind: bytes, description: dict[str, Any], data: memoryview) -> None:
        """Raises: ValueError, KeyError, TypeError or zlib.error, having taken nothing in."""
        if kind == b"HEAD":
            if description["format"] != 1:
                text = _("{file} was written by a newer Memtray; update this one")
                raise RecordingError(text.format(file=self.path))
            names = description["columns"]
            if not names or not all(isinstance(name, str) for name in names):
                raise ValueError("no columns")
            # Until the year 2100: calendars end somewhere, and NaN is in no range.
            if not 0 <= description["started_wall_seconds"] < 4.1e9:
                raise ValueError("no time")
            if not 0 < description["interval_seconds"] < 1e6:
                raise ValueError("no interval")
            self.head = description
        elif kind == b"PROC":
            self._names[int(description["process"])] = description
        elif kind == b"ROWS":
            self._add_rows(description, data)
        elif kind == b"DONE":
            self.is_complete = True

    def _add_rows(self, description: dict[str, Any], data: memoryview) -> None:
        if self.head is None:
            raise ValueError("rows before the head")
        names = self.head["columns"]
        numbers, rows = description["processes"], int(description["rows"])
        columns = list(_columns(description["bytes"], rows, data))
        if len(columns) != 1 + len(names) * len(numbers):
            raise ValueError("columns are missing")
        if not all(isinstance(number, int) for number in numbers) or len({*numbers}) < len(numbers):
            raise ValueError("unclear whose columns these are")
        first_row = len(self.times)
        self.times += columns[0]
        for index, number in enumerate(numbers):
            life = self.lives.get(number)
            if life is None:
                life = _Life(first_row, tuple(array("d") for _ in names))
                self.lives[number] = life
            at = 1 + index * len(names)
            for whole, part in zip(life.columns, columns[at : at + len(names)], strict=True):
                # Absent for a while: unknown.
                absent = first_row - life.first_row - len(whole)
                whole.extend(array("d", [float("nan")]) * absent)
                whole += part

    def result(self) -> Recording:
        """Raises: RecordingError if there is no head."""
        if self.head is None:
            text = _("{file} is damaged at its beginning; nothing can be read")
            raise RecordingError(text.format(file=self.path))
        if not self.is_complete and not self.notes:
            self.notes.append(_("the recorder was killed before it could finish the file"))
        if not all(before <= after for before, after in pairwise(self.times)):
            text = _("{file} is damaged: its times do not increase")
            raise RecordingError(text.format(file=self.path))
        names = self.head["columns"]
        times = memoryview(self.times)
        return Recording(
            path=self.path,
            started_wall_seconds=float(self.head["started_wall_seconds"]),
            seconds=self.times[-1] if self.times else 0.0,
            interval_seconds=float(self.head["interval_seconds"]),
            tracks=tuple(
                _track(life, names, self._names.get(number, {}), times)
                for number, life in sorted(self.lives.items())
                # Who came and went between two samples has none.
                if known_or_none(life.columns[0]) is not None
            ),
            notes=tuple(self.notes),
        )


def _columns(lengths: list[int], rows: int, data: memoryview) -> Iterator[array[float]]:
    if not 0 <= rows <= MOST_ROWS:
        raise ValueError(f"{rows} rows")
    at = 0
    for length in lengths:
        packed = data[at : at + length]
        at += length
        column = array("d")
        if length == 8 * rows:
            column.frombytes(packed)
        else:
            unpacker = zlib.decompressobj()
            column.frombytes(unpacker.decompress(packed, 8 * rows))
        if len(column) != rows:
            raise ValueError("a column is too short")
        if sys.byteorder == "big":
            column.byteswap()
        yield column


def _track(
    life: _Life, names: list[str], description: Mapping[str, Any], times: memoryview
) -> Track:
    named = dict(zip(names, life.columns, strict=True))
    memory = named.get("rss_bytes", life.columns[0])
    anon = named.get("anon_bytes")
    rows = known_rows(memory)
    start = life.first_row
    pid = description.get("pid")
    return Track(
        name=f"{description.get('name', '')} {'' if pid is None else pid}".strip(),
        times=times[start + rows.start : start + rows.stop],
        memory=memory[rows],
        anon=None if anon is None else known_or_none(anon[rows]),
        pid=pid if isinstance(pid, int) else None,
        command_line=str(description.get("command_line", "")),
    )

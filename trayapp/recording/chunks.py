"""Samples on their way into a file: filled tick by tick, then written in small pieces."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from trayapp.dataclass import NamedTuple, dataclass
from trayapp.domain.records.samples import MemoryReading, ProcessFacts, ProcessKey

ROWS_PER_CHUNK = 1000
CHUNK_SECONDS = 1.0
"""About so much is lost if the recorder is killed: so many rows, or so many seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedProcess:
    """One life of one process in one recording."""

    number: int
    """From 1, in the order in which they were met."""
    facts: ProcessFacts


class RecordingHead(NamedTuple):
    """Facts known before the first sample."""

    started_wall_seconds: float
    interval_seconds: float


class Chunk:
    """Some rows of the same processes: a time, then resident and anonymous bytes of each."""

    def __init__(self, processes: Sequence[RecordedProcess], rows: int = ROWS_PER_CHUNK) -> None:
        self.processes = tuple(sorted(processes, key=lambda process: process.number))
        self.rows = 0
        self.times = array("d", bytes(8 * rows))
        """Seconds since the start of the recording."""
        self.columns = [array("d", bytes(8 * rows)) for _ in range(2 * len(processes))]
        """Two of each process, in their order; NaN where nothing is known."""
        pairs = zip(self.columns[::2], self.columns[1::2], strict=True)
        self._slots = [
            (process.facts.key, rss, anon)
            for process, (rss, anon) in zip(self.processes, pairs, strict=True)
        ]

    @property
    def is_full(self) -> bool:
        """No room for another row."""
        return self.rows == len(self.times)

    def add(self, seconds: float, readings: Mapping[ProcessKey, MemoryReading]) -> None:
        row = self.rows
        self.times[row] = seconds
        for key, rss, anon in self._slots:
            reading = readings.get(key)
            if reading is None:
                rss[row] = anon[row] = math.nan
            else:
                rss[row], anon_bytes = reading.rss_bytes, reading.anon_bytes
                anon[row] = math.nan if anon_bytes is None else anon_bytes
        self.rows = row + 1


class FileWriter(Protocol):
    """One kind of file: what is written, in pieces short enough to fit between two ticks."""

    def head(self, head: RecordingHead) -> bytes:
        """Return the bytes that begin the file."""

    def process(self, process: RecordedProcess) -> bytes:
        """A process that comes with the next chunk, or has another name now."""

    def chunk(self, chunk: Chunk) -> Iterator[bytes]:
        """The chunk's bytes; empty ones in between are places to pause."""

    def end(self, summary: Mapping[str, object]) -> bytes:
        """Return the bytes that end a complete file."""

    def tidy(self, path: Path) -> None:
        """Make the complete, closed file nicer to read, or leave it."""


class ChunkFile:
    """A recording being written; the recorder's thread only.

    Raises, from every method: OSError. What was written before an error stays readable.
    """

    def __init__(self, path: Path, form: FileWriter) -> None:
        """Make the file, or empty the one there is."""
        self._path = path
        self._form = form
        self._pieces: Iterator[bytes] = iter(())
        self._file = path.open("wb", buffering=0)
        self._whole_bytes = 0

    def begin(self, head: RecordingHead) -> None:
        self._write(self._form.head(head))

    @property
    def size_bytes(self) -> int:
        """Length of all that was written so far."""
        return self._whole_bytes

    def write_process(self, process: RecordedProcess) -> None:
        """Tell of a process, before the first chunk it is in."""
        self._drain()
        self._write(self._form.process(process))

    def write_chunk(self, chunk: Chunk) -> None:
        """Take a chunk over; it is written by the `step`s that follow."""
        self._drain()
        self._pieces = self._form.chunk(chunk)

    def step(self) -> bool:
        """Do the next piece of work, of less than half a millisecond; false: nothing to do."""
        piece = next(self._pieces, None)
        if piece:
            self._write(piece)
        return piece is not None

    def finish(self, summary: Mapping[str, object]) -> None:
        try:
            self._drain()
            self._write(self._form.end(summary))
        finally:
            self._file.close()
        self._form.tidy(self._path)

    def abandon(self) -> None:
        """Close the file as it is."""
        self._file.close()

    def _drain(self) -> None:
        while self.step():
            pass

    def _write(self, piece: bytes) -> None:
        rest = memoryview(piece)
        try:
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
        except OSError:
            # A piece that did not fit must not spoil what came before.
            with suppress(OSError):
                self._file.truncate(self._whole_bytes)
            raise
        self._whole_bytes += len(piece)

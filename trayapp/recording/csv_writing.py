"""The table, `.csv`: for spreadsheets, and for whoever wants to read it without Memtray.

One row per sample, comma-separated, UTF-8, a dot in decimals, texts in quotes. The columns:

    t_s                        seconds since the start of the recording, by a clock that never jumps
    time                       local date and time, "2026-02-28 14:03:07.123"
    rss_bytes PID NAME         resident set of one process
    anon_bytes PID NAME        its anonymous memory: less mapped files and shared buffers

A pair of columns per process. A cell is empty where nothing is known: before the process started,
after it ended, or where the system does not tell. While a recording runs, another line of headings
is written whenever a process has come; once it is complete, there is only one, at the top.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from trayapp.domain.records.names import short_name
from trayapp.domain.showing.cells import table_line
from trayapp.paths import unfinished
from trayapp.recording.chunks import Chunk, RecordedProcess, RecordingHead

TIME_COLUMNS = ("t_s", "time")
METRICS = ("rss_bytes", "anon_bytes")
_ROWS_PER_PIECE = 25


class CsvWriter:
    """Writes the table; see `FileWriter`."""

    def __init__(self) -> None:
        self._started_wall_seconds = 0.0
        self._names: dict[int, str] = {}
        self._written_names: dict[int, str] | None = None
        self._heading = b""
        self._headings: list[tuple[int, int]] = []
        """Begin and end of each line of headings, in bytes."""
        self._bytes = 0

    def head(self, head: RecordingHead) -> bytes:
        """Nothing yet: headings come with the first chunk, when the processes are known."""
        self._started_wall_seconds = head.started_wall_seconds
        return b""

    def process(self, process: RecordedProcess) -> bytes:
        key, name = process.facts.key, short_name(process.facts.name)
        self._names[process.number] = f"{key.pid} {name}".strip()
        return b""

    def chunk(self, chunk: Chunk) -> Iterator[bytes]:
        """Rows, a few at a time, below headings if those before do not name every process."""
        if self._written_names is None or self._written_names.keys() != self._names.keys():
            line = self._headings_line()
            self._headings.append((self._bytes, self._bytes + len(line)))
            yield self._count(line)
        present = {process.number for process in chunk.processes}
        cells = ",".join("%.0f,%.0f" if number in present else "," for number in self._names)
        for start in range(0, chunk.rows, _ROWS_PER_PIECE):
            end = min(start + _ROWS_PER_PIECE, chunk.rows)
            times = chunk.times[start:end]
            columns = [column[start:end] for column in chunk.columns]
            lines = (
                f'{seconds:.6f},"{self._clock(seconds)}",{cells % values}\n'
                for seconds, values in zip(times, zip(*columns, strict=True), strict=True)
            )
            yield self._count("".join(lines).replace("nan", "").encode())

    def end(self, summary: Mapping[str, object]) -> bytes:  # noqa: ARG002
        """Headings, if there were no samples at all."""
        return b"" if self._written_names is not None else self._headings_line()

    def tidy(self, path: Path) -> None:
        """Leave one line of headings: the one that knows all processes, at the top."""
        if len(self._headings) < 2 and self._written_names in (None, self._names):
            return
        real = path.resolve()
        temporary = real.with_name(f".{real.name}.part")
        with suppress(OSError):
            if not real.is_file():
                return
            try:
                with unfinished(temporary):
                    self._copy_tidied(real, temporary)
            except OSError:  # no room for a second copy
                temporary.unlink(missing_ok=True)
                raise

    def _copy_tidied(self, real: Path, temporary: Path) -> None:
        with real.open("rb") as old, temporary.open("wb") as new:
            new.write(self._headings_line())
            starts = [end for _, end in self._headings]
            ends = [start for start, _ in self._headings[1:]] + [self._bytes]
            for start, end in zip(starts, ends, strict=True):
                old.seek(start)
                left = end - start
                while left > 0 and (part := old.read(min(left, 1 << 20))):
                    new.write(part)
                    left -= len(part)
        shutil.copymode(real, temporary)
        os.replace(temporary, real)  # noqa: PTH105  (says what it does)

    def _headings_line(self) -> bytes:
        cells = [f"{what} {name}" for name in self._names.values() for what in METRICS]
        self._written_names = dict(self._names)
        return table_line([*TIME_COLUMNS, *cells]).encode(errors="replace")

    def _count(self, piece: bytes) -> bytes:
        self._bytes += len(piece)
        return piece

    def _clock(self, seconds: float) -> str:
        moment = datetime.fromtimestamp(self._started_wall_seconds + seconds)
        return moment.isoformat(" ", "milliseconds")

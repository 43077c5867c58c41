"""What the store costs: `python -m tests.benchmarks.history [FOLDER]`. Prints, judges nothing.

The clock is turned by hand, so an hour takes seconds. FOLDER should be on a real disk: a temporary
folder in memory shows no written bytes.
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from trayapp.domain.records.series import Series
from trayapp.history.reader import HistoryReader
from trayapp.history.writer import HistoryWriter, Retention

SERIES_COUNT = 26
HOUR_SECONDS = 3600
MONTH_DAYS = 30
BEGIN = 1_700_000_000.0


class Written(NamedTuple):
    """Bytes that pages were dirtied for, and bytes handed to `write`: each misses something."""

    disk: int
    calls: int


def main(folder: Path) -> None:
    """Measure one hour of writing, then reading."""
    before_bytes = read_private_bytes()
    series = [Series("target", f"target {number}", "rss_bytes") for number in range(SERIES_COUNT)]
    path = folder / "history.sqlite3"
    with closing(HistoryWriter(path, Retention())) as writer:
        written, flushes, cpu_seconds = write_hour(writer, series)
        file_bytes = writer.file_bytes()
        private_bytes = read_private_bytes()
    raw_rows = SERIES_COUNT * HOUR_SECONDS
    print(f"{SERIES_COUNT} series at 1 Hz for an hour")
    print(f"  sent to the disk   {written.disk / HOUR_SECONDS / 1024:8.2f} KiB/s")
    print(f"  asked to write     {written.calls / HOUR_SECONDS / 1024:8.2f} KiB/s")
    print(f"  processor          {cpu_seconds / HOUR_SECONDS * 100:8.3f} % of a core")
    print(f"    per sample       {cpu_seconds / raw_rows * 1e6:8.2f} µs")
    print(f"  longest ticks      {', '.join(f'{f * 1e3:.1f}' for f in flushes[-5:])} ms")
    print(f"  median flush       {flushes[-HOUR_SECONDS // 16] * 1e3:8.2f} ms")
    print(f"  file               {file_bytes / 1024**2:8.2f} MiB")
    print(f"    per raw sample   {file_bytes / raw_rows:8.1f} bytes")
    print(f"  private memory     {(private_bytes - before_bytes) / 1024:8.0f} KiB more than before")
    with HistoryReader(path) as reader:
        end = BEGIN + HOUR_SECONDS
        seconds = time_of(lambda: reader.points(series[3], BEGIN, end))
        print(f"read 1 h of raw      {seconds * 1e3:8.1f} ms for one series")
        seconds = time_of(lambda: [reader.points(name, BEGIN, end) for name in series])
        print(f"                     {seconds * 1e3:8.1f} ms for all")
    month = folder / "month.sqlite3"
    with closing(HistoryWriter(month, Retention(size_bytes=4 * 1024**3))) as writer:
        for minute in range(MONTH_DAYS * 1440):
            wall = BEGIN + minute * 60.0
            writer.add(wall, ((name, value_at(wall, i)) for i, name in enumerate(series)))
            writer.maintain(minute * 60.0)
    with HistoryReader(month) as reader:
        end = BEGIN + MONTH_DAYS * 86_400.0
        seconds = time_of(lambda: reader.points(series[3], BEGIN, end))
        print(f"read 30 d of minutes {seconds * 1e3:8.1f} ms for one series")
        seconds = time_of(lambda: [reader.points(name, BEGIN, end) for name in series])
        print(f"                     {seconds * 1e3:8.1f} ms for all")


def write_hour(writer: HistoryWriter, series: list[Series]) -> tuple[Written, list[float], float]:
    """Write an hour: bytes written, sorted times of the ticks, seconds of processor."""
    took = []
    cpu_seconds = 0.0
    before = read_written()
    for second in range(HOUR_SECONDS):
        wall = BEGIN + second
        values = [(name, value_at(wall, i)) for i, name in enumerate(series)]
        started = time.process_time()
        began = time.perf_counter()
        writer.add(wall, values)
        writer.maintain(float(second))
        took.append(time.perf_counter() - began)
        cpu_seconds += time.process_time() - started
    after = read_written()
    written = Written(after.disk - before.disk, after.calls - before.calls)
    return written, sorted(took), cpu_seconds


def value_at(wall: float, number: int) -> float:
    """Bytes of a program that breathes."""
    return float(int(2e8 + number * 1e7 + 5e7 * math.sin(wall / 500 + number)))


def time_of(read: Callable[[], object]) -> float:
    """The least of five times, in seconds."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        read()
        times.append(time.perf_counter() - began)
    return min(times)


def read_written() -> Written:
    """Bytes this process has written so far (Linux)."""
    lines = Path("/proc/self/io").read_text().splitlines()
    counts = {name: int(count) for name, count in (line.split(": ") for line in lines)}
    return Written(counts["write_bytes"], counts["wchar"])


def read_private_bytes() -> int:
    """USS of this process (Linux)."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if sys.argv[1:] else None) as name:
        main(Path(name))

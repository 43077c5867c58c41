"""What exports and reports cost: `python -m tests.benchmarks.exports`. Prints, judges nothing.

Two histories: a day of ten targets with all its samples, and 90 days of a hundred targets as
retention leaves them in 256 MiB: an hour's samples, three days of minutes, the rest in hours.
"""

from __future__ import annotations

import math
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from trayapp.domain.records.series import Series
from trayapp.history.marks import columns_of, mark_of_numbers
from trayapp.history.retention import Retention
from trayapp.history.writer import HistoryWriter

DAY_SECONDS = 86_400
MIB = 1024**2
KEEP_ALL = Retention(raw_seconds=1e9, minute_seconds=1e9, hour_seconds=1e9, size_bytes=8 * 1024**3)
COMMANDS = (
    ("export", ".xlsx"), ("export", ".csv"), ("export", ".json"), ("export", ".parquet"),
    ("report", ".html"), ("report", ".pdf"),
)  # fmt: skip


def main() -> None:
    """Make both histories in temporary folders and take everything out of them."""
    for title, targets, seconds, days in (
        ("a day of 10 targets", 10, DAY_SECONDS, 0),
        ("90 days of 100 targets", 100, 3600, 90),
    ):
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) / "history.sqlite3"
            write(store, targets, seconds)
            if days:
                write_past(store, days)
            print(f"{title}, a file of {store.stat().st_size / MIB:.0f} MiB")
            for verb, ending in COMMANDS:
                measure(Path(folder), verb, ending)


def write(store: Path, targets: int, seconds: int) -> None:
    """Samples every two seconds, until now."""
    begin = time.time() - seconds
    with closing(HistoryWriter(store, KEEP_ALL)) as writer:
        for number in range(seconds // 2):
            writer.add(begin + 2 * number, list(values(2 * number, targets)))
            if number % 30 == 0:
                writer.flush()
                writer.maintain(begin + 2 * number)


def values(after: int, targets: int) -> Iterator[tuple[Series, float]]:
    """One moment: the machine, and five figures of each target."""
    yield Series("system", "", "used_bytes"), (6 + math.sin(after / 8000)) * 1024 * MIB
    yield Series("system", "", "total_bytes"), 16.0 * 1024 * MIB
    for number in range(targets):
        noise = random.Random(after * targets + number).random()
        size = (100 + 40 * number + 20 * math.sin(after / (500 + 97 * number)) + noise) * MIB
        for metric, share in (("rss_bytes", 1.0), ("anon_bytes", 0.8), ("process_count", 3 / size)):
            yield Series("target", f"target {number}", metric), size * share
        if after % 30 == 0:
            for metric in ("uss_bytes", "pss_bytes"):
                yield Series("target", f"target {number}", metric), size * 0.7


def write_past(store: Path, days: int) -> None:
    """Minutes of three days, and hours of all days, straight into the tables."""
    with closing(sqlite3.connect(store)) as connection:
        now = int(time.time()) // 3600 * 3600 - 3600
        for (identity,) in connection.execute("SELECT id FROM series").fetchall():
            size = (20 + identity % 97) * float(MIB)
            for table, width, count in (("minute", 60, 3 * 1440), ("hour", 3600, 24 * days)):
                mark = mark_of_numbers(table, *(f"?{place}" for place in range(1, 7)))
                connection.executemany(
                    f"INSERT OR REPLACE INTO {table} ({', '.join(columns_of(table))}, mark)"  # noqa: S608
                    f" VALUES (?1, ?2, ?3, ?4, ?5, ?6, {mark})",
                    (
                        (identity, now - width * back, width // 2, size * 0.9, size, size * 1.1)
                        for back in range(1, count)
                    ),
                )
        connection.commit()


def measure(folder: Path, verb: str, ending: str) -> None:
    """Run one command in a process of its own."""
    output = folder / f"out{ending}"
    with subprocess.Popen(
        [sys.executable, "-m", "trayapp", verb, "-o", str(output)],
        env={**os.environ, "MEMTRAY_HOME": str(folder)},
        cwd=Path(__file__).parent.parent.parent,
        stdout=subprocess.DEVNULL,
    ) as child:
        begin = time.monotonic()
        _pid, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - begin
    print(
        f"  {verb} {ending:<9}{usage.ru_maxrss / 1024:7.0f} MiB at most"
        f"{usage.ru_utime + usage.ru_stime:8.1f} s of a core{seconds:8.1f} s"
        f"{output.stat().st_size / MIB:8.1f} MiB"
    )
    output.unlink()


if __name__ == "__main__":
    main()

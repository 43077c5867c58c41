"""Programs that either build runs; they print one figure or write a file."""

from __future__ import annotations

SERIES = """
try:
    from trayapp.domain.records.series import Series
except ModuleNotFoundError:  # until 28 November 2026
    from trayapp.domain.records import Series
"""
PAST = "".join(
    (
        SERIES,
        """
import math, random, sqlite3, sys, time
from contextlib import closing
from pathlib import Path
from trayapp.history.retention import Retention
from trayapp.history.writer import HistoryWriter

store, targets, seconds, days = Path(sys.argv[1]), *map(int, sys.argv[2:])
MIB = 1024**2
keep = Retention(raw_seconds=1e9, minute_seconds=1e9, hour_seconds=1e9, size_bytes=8 * 1024**3)

def values(after):
    yield Series("system", "", "used_bytes"), (6 + math.sin(after / 8000)) * 1024 * MIB
    yield Series("system", "", "total_bytes"), 16.0 * 1024 * MIB
    for number in range(targets):
        noise = random.Random(after * targets + number).random()
        size = int((100 + 40 * number + 20 * math.sin(after / (500 + 97 * number)) + noise) * 256)
        size *= 4096.0
        for metric, share in (("rss_bytes", 1.0), ("anon_bytes", 0.8), ("process_count", 3 / size)):
            yield Series("target", f"target {number}", metric), size * share
        if after % 30 == 0:
            for metric in ("uss_bytes", "pss_bytes"):
                yield Series("target", f"target {number}", metric), size * 0.7

begin = time.time() - seconds
with closing(HistoryWriter(store, keep)) as writer:
    for number in range(seconds // 2):
        writer.add(begin + 2 * number, list(values(2 * number)))
        if number % 200 == 0:
            writer.flush()
        if number % 2000 == 0:
            writer.maintain(time.monotonic())
if days:
    with closing(sqlite3.connect(store)) as connection:
        now = int(time.time()) // 3600 * 3600 - 3600
        for (identity,) in connection.execute("SELECT id FROM series").fetchall():
            size = (20 + identity % 97) * float(MIB)
            for table, width, count in (("minute", 60, 3 * 1440), ("hour", 3600, 24 * days)):
                connection.executemany(
                    f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        (identity, now - width * back, width // 2, size * 0.9, size, size * 1.1)
                        for back in range(1, count)
                    ),
                )
        connection.commit()
""",
    )
)
"""Run by the older build; argv: file, targets, seconds of samples, days of minutes and hours."""
TAKE_OVER = """
import sys, time
from contextlib import closing
from pathlib import Path
from trayapp.history.retention import Retention
from trayapp.history.writer import HistoryWriter

keep = Retention(raw_seconds=1e9, minute_seconds=1e9, hour_seconds=1e9, size_bytes=8 * 1024**3)
with closing(HistoryWriter(Path(sys.argv[1]), keep)) as writer:
    writer.add(time.time(), [])
    for second in range(20_000):  # whatever it does bit by bit is done after some hours
        writer.maintain(float(second))
"""
STORE = (
    SERIES
    + """
import math, sys
from contextlib import closing
from pathlib import Path
from trayapp.history.retention import Retention
from trayapp.history.writer import HistoryWriter

path, series, hours = Path(sys.argv[1]), 26, 6
names = [Series("target", f"target {at}", "rss_bytes") for at in range(series)]
begin = 1_700_000_000.0
with closing(HistoryWriter(path, Retention())) as writer:
    for second in range(hours * 3600):
        wall = begin + second
        writer.add(wall, [
            (name, int(5e4 + at * 2500 + 12_000 * math.sin(wall / 500 + at)) * 4096.0)
            for at, name in enumerate(names)
        ])
        writer.maintain(float(second))
print(path.stat().st_size / (series * hours * 3600))
"""
)
JUDGING = """
import time
try:
    from trayapp.domain.judging.leaks import LeakDetector
except ModuleNotFoundError:  # until 28 November 2026
    from trayapp.domain.leaks import LeakDetector
many = [LeakDetector(phase=at / 1000) for at in range(1000)]
began = time.process_time()
for at in range(600):
    for one in many:
        one.fold(float(at), 1e8 + at * 20e3)
print((time.process_time() - began) / 600 / 1000 * 1e6)
"""

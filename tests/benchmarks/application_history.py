"""Cost of the history of applications: `python -m tests.benchmarks.application_history [FOLDER]`.

Two weeks of fifty applications, written as the applet writes them, with the clock turned by hand:
programs that hardly change, and programs whose size is another in every minute. Then choosing among
1,000 applications for an hour of looks. Prints, judges nothing.
"""

from __future__ import annotations

import os
import random
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from tests.benchmarks.costs import read_uss_bytes
from trayapp.domain.judging.application_history import ApplicationHistory
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.samples import ProcessFacts, ProcessKey, ProcessUse
from trayapp.domain.records.series import APPLICATION, ApplicationMinute, Inheritance, Series
from trayapp.history.application_minutes import estimate_bytes
from trayapp.history.reader import HistoryReader
from trayapp.history.retention import Retention
from trayapp.history.writer import HistoryWriter
from trayapp.language.units import KIB, MIB, format_size

BEGIN = 1_700_002_800
DAYS, COUNT = 14, 50
CROWD = 1000
_TABLES = ("application_minute", "application_hour")


def main(folder: Path) -> None:
    """Measure writing, reading, handing over, and choosing."""
    for what, change in (("hardly change", 0.0005), ("change all the time", 0.1)):
        measure_store(folder / f"{change}.sqlite3", what, change)
    measure_choosing()


def measure_store(path: Path, what: str, change: float) -> None:
    """Write and read two weeks of applications that change by this share in a minute."""
    before = read_uss_bytes(os.getpid())
    took, cpu_seconds, handing_over, private = write_days(path, change)
    print(f"{DAYS} days of {COUNT} applications that {what}")
    print(f"  file                      {format_size(path.stat().st_size)}")
    for table in _TABLES:
        print(f"    of it {table:20}{format_size(table_bytes(path, table))}")
    with closing(sqlite3.connect(path)) as connection:
        print(f"    by Memtray's estimate   {format_size(estimate_bytes(connection))}")
    print(f"  processor                 {cpu_seconds / DAYS / 1440 * 1e3:.2f} ms a minute")
    print(f"  longest ticks             {', '.join(f'{t * 1e3:.0f}' for t in took[-4:])} ms")
    print(f"  private memory            {(private - before) / 1024:.0f} KiB more than before")
    print(f"  handing one to a target   {handing_over * 1e3:.0f} ms")
    one = Series(APPLICATION, "app 7", "rss_bytes")
    with HistoryReader(path) as reader:
        for hours in (1, 24, 24 * DAYS):
            end = BEGIN + DAYS * 86_400
            began = time.perf_counter()
            reader.points(one, end - 3600 * hours, end)
            print(f"  reading {hours:3} h             {(time.perf_counter() - began) * 1e3:.1f} ms")


def write_days(path: Path, change: float) -> tuple[list[float], float, float, int]:
    """Return sorted times of the ticks, seconds of processor and of handing over, private bytes."""
    randomness = random.Random(1)
    series = [Series(APPLICATION, f"app {number}", "rss_bytes") for number in range(COUNT)]
    sizes = [20.0 * MIB * (1 + number) for number in range(COUNT)]
    took: list[float] = []
    cpu_seconds = time.process_time()
    with closing(HistoryWriter(path, Retention())) as writer:
        for minute in range(DAYS * 1440):
            for number, size in enumerate(sizes):
                sizes[number] = max(MIB, size * (1 + change * randomness.uniform(-1, 1)))
            began = time.perf_counter()
            writer.add(BEGIN + 60.0 * minute, [(Series("system", "", "used_bytes"), 1e9)])
            writer.add_minutes(
                ApplicationMinute(BEGIN + 60 * minute, one, size, size * (1 + change))
                for one, size in zip(series, sizes, strict=True)
            )
            writer.maintain(60.0 * minute)
            took.append(time.perf_counter() - began)
        cpu_seconds = time.process_time() - cpu_seconds
        private = read_uss_bytes(os.getpid())
        began = time.perf_counter()
        writer.inherit(Inheritance("mine", "app 7"), BEGIN + 60.0 * DAYS * 1440)
        handing_over = time.perf_counter() - began
    return sorted(took), cpu_seconds, handing_over, private


def table_bytes(path: Path, table: str) -> int | None:
    """Return what a table takes of the file; None where SQLite cannot say."""
    query = "SELECT sum(pgsize) FROM dbstat WHERE name = ?"
    try:
        with closing(sqlite3.connect(path)) as connection:
            size: int | None = connection.execute(query, (table,)).fetchone()[0]
            return size
    except sqlite3.OperationalError:
        return None


def measure_choosing() -> None:
    """Choose among many applications, of which a tenth changes its size at each look."""
    randomness = random.Random(1)
    sizes = {number: randomness.uniform(1, 2000) * MIB for number in range(CROWD)}
    looks = []
    for _look in range(360):
        for number in randomness.sample(range(CROWD), CROWD // 10):
            sizes[number] = randomness.uniform(1, 2000) * MIB
        uses = [use(number, round(size)) for number, size in sizes.items()]
        looks.append(sorted(uses, key=lambda each: -each.rss_bytes))
    before = read_uss_bytes(os.getpid())
    history = ApplicationHistory()
    began = time.process_time()
    for number, uses in enumerate(looks):
        history.add_look(10.0 * number, BEGIN + 10.0 * number, uses)
    seconds = time.process_time() - began
    grown = read_uss_bytes(os.getpid()) - before
    print(f"choosing among {CROWD} applications, {len(history.keys)} kept")
    print(f"  processor                 {seconds / len(looks) * 1e3:.2f} ms a look")
    print(f"  private memory            {grown / KIB:.0f} KiB more than before")


def use(number: int, size: int) -> ApplicationUse:
    key = ProcessKey(number, number)
    facts = ProcessFacts(key=key, parent_pid=1, name="x")
    return ApplicationUse(
        key=ApplicationKey("program", f"app {number}"),
        name=f"app {number}",
        processes=(key,),
        rss_bytes=size,
        largest=ProcessUse(facts=facts, rss_bytes=size),
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if sys.argv[1:] else None) as name:
        main(Path(name))

"""What memory logs cost, and how well tasks are told apart.

    python -m tests.benchmarks.memory_log [MEGABYTES] [HISTORY.sqlite3 DATE]

Prints what a line costs the program that writes it and whether the log keeps memory; time and peak
of `memtray log analyze` for ten targets' day of samples every two seconds and for MEGABYTES of
lines (default 1000); of `memtray day` for such a day in the history, if a file of one is given; and
how near the growth by task comes to the truth. Asserts nothing.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.domain.judging.test_task_growth import Program, guilty
from trayapp.domain.records.log_lines import sizes

DAY_LINES = 432_000
SEEDS = 20
WRITER = """
import resource, sys, time
from trayapp import probe
from trayapp.probe import log_writing
from trayapp.probe.resident import read_rss_bytes
log_writing.BURST_RUNS = 10**9
def once():
    with probe.task("nightly report"):
        pass
for _ in range(2000): once()
began = time.process_time()
for _ in range(5000): once()
bare = (time.process_time() - began) / 5000
probe.memory_log(sys.argv[1])
log = log_writing._log
for _ in range(2000): once(); log._write_regular_line()
before = read_rss_bytes()
began = time.process_time()
for _ in range(20_000): log._write_regular_line()
line = (time.process_time() - began) / 20_000
began = time.process_time()
for _ in range(5000): once()
marked = (time.process_time() - began) / 5000
print(f"a regular line: {1e6 * line:.0f} us of CPU, {100 * line / 120:.5f} % of a core at 2 min")
print(f"a task with its two marks: {1e6 * (marked - bare):.0f} us more than without the log")
print(f"resident after 50,000 more lines: {(read_rss_bytes() - before) / 1024:+.0f} KiB")
"""


def main() -> None:
    """Print all figures."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-c", WRITER, str(folder / "logs")], check=True)
        day = folder / "day"
        day.mkdir()
        for number in range(10):
            (day / f"memory_202603{10 + number}.log").write_text(
                "".join(lines(DAY_LINES // 10, number))
            )
        measure("a day of ten targets, 432,000 lines", ["log", "analyze", str(day), "--json"])
        large = folder / "memory_20260301.log"
        write_large(large, megabytes)
        count = sum(1 for _ in large.open("rb"))
        size = large.stat().st_size / 1e6
        measure(f"{size:.0f} MB, {count:,} lines", ["log", "analyze", str(large), "--json"])
    if len(sys.argv) > 3:
        env = {"MEMTRAY_HOME": str(Path(sys.argv[2]).parent)}
        measure(f"the history's day {sys.argv[3]}", ["day", sys.argv[3], "--json"], env)
    accuracy("two tasks, a third of the runs overlapping", {"leaks": 30, "works": 40}, 2000)
    five = {"a": 10.0, "leaks": 10.0, "c": 25.0, "slightly": 60.0, "e": 100.0}
    accuracy("five tasks, nine tenths overlapping", five, 0)


def lines(count: int, seed: int) -> Iterator[str]:
    """Yield lines of one program every two seconds, with tasks that begin and end now and then."""
    source, rss = random.Random(seed), 500e6
    at, task = 1_767_225_600.0 + 86_400 * seed, "idle"
    for number in range(count):
        at += 2
        rss = min(900e6, max(300e6, rss + source.uniform(-2e6, 2e6)))
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at))
        figures = sizes(round(rss), round(rss) + 10**8, round(2e9 - rss), 2_037_400_000)
        if number % 50 == 0:
            if task != "idle":
                yield f"{stamp} <<< TASK END [{task}]{figures}\n"
            task = source.choice(["idle", "Nations Dump Processing", "Import", "Mail"])
            if task != "idle":
                yield f"{stamp} >>> TASK START [{task}]{figures}\n"
        yield f"{stamp} --- [{task}]{figures}\n"


def write_large(file: Path, megabytes: int) -> None:
    """Write so much of lines, whose times go on from one day to the next."""
    with file.open("w") as out:
        seed = 0
        while out.tell() < megabytes * 1e6:
            out.write("".join(lines(DAY_LINES // 10, seed)))
            seed += 1


def measure(what: str, arguments: list[str], env: dict[str, str] | None = None) -> None:
    """Print what a command takes."""
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "trayapp", *arguments],
        stdout=subprocess.DEVNULL,
        env={**os.environ, **(env or {})},
    )
    _pid, status, usage = os.wait4(child.pid, 0)
    took = time.perf_counter() - began
    cpu = usage.ru_utime + usage.ru_stime
    peak = usage.ru_maxrss / 1024
    print(f"{what}: {cpu:.2f} s of CPU, {took:.1f} s, peak {peak:.0f} MiB, status {status}")


def accuracy(what: str, every_seconds: dict[str, float], noise_bytes: float) -> None:
    """Print how far the kept amount is off, and how often the guilty task is first."""
    errors, firsts = [], 0
    for seed in range(SEEDS):
        program = Program(seed, every_seconds, {"leaks": 40_000.0, "slightly": 3_000.0})
        growth = program.run(noise_bytes)
        errors.append(abs(growth.tasks["leaks"].kept_bytes / program.really["leaks"] - 1))
        firsts += guilty(growth)[0] == "leaks"
    middle, worst = 100 * statistics.median(errors), 100 * max(errors)
    print(f"{what}: off by {middle:.1f} %, at worst {worst:.1f} %; first in {firsts} of {SEEDS}")


if __name__ == "__main__":
    main()

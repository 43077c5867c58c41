"""What the probe costs a program: `python -m tests.benchmarks.probe`.

How long importing it takes, how much longer a function or a `with` block takes as a task, and what
a report costs programs of several kinds. Times are those of a processor, as other programs may run
beside. Prints figures; asserts nothing.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import subprocess
import sys
import time
import timeit
from collections.abc import Callable

from trayapp.probe import task, tasks
from trayapp.probe.heap import open_heap
from trayapp.probe.resident import read_rss_bytes

ROUNDS, CALLS = 9, 20_000
IMPORTS = 30


def microseconds(work: Callable[[], object]) -> str:
    """Best, median and worst of several rounds of many calls; of one call, of a processor."""
    rounds = timeit.repeat(work, number=CALLS, repeat=ROUNDS, timer=time.process_time)
    found = sorted(1e6 * seconds / CALLS for seconds in rounds)
    best, median, worst = found[0], statistics.median(found), found[-1]
    return f"best {best:.2f} µs, median {median:.2f} µs, worst {worst:.2f} µs"


def in_a_block() -> None:
    """One task."""
    with task("nightly report"):
        pass


def in_a_block_of_its_own() -> None:
    """One task that follows no other at once, so that all is measured twice."""
    tasks._log.last = None
    with task("nightly report"):
        pass


@task("nightly report")
def as_a_function() -> None:
    """The same."""


def measure_coroutine() -> str:
    """A coroutine function that is a task, awaited in a loop that runs."""

    @task("nightly report")
    async def work() -> None:
        pass

    async def many() -> None:
        for _ in range(CALLS):
            await work()

    seconds = timeit.repeat(
        lambda: asyncio.run(many()), number=1, repeat=ROUNDS, timer=time.process_time
    )
    best, median = min(seconds), statistics.median(seconds)
    return f"best {1e6 * best / CALLS:.2f} µs, median {1e6 * median / CALLS:.2f} µs"


def _heap_reader() -> Callable[[], object]:
    heap = open_heap()
    return (lambda: None) if heap is None else heap.read


REPORT = """
import gc, statistics, time, tracemalloc
from trayapp.probe.collections_watch import watch_collections
from trayapp.probe.memory import report
watch_collections()
began = time.perf_counter()
report()
first = time.perf_counter() - began
def fresh():
    from trayapp.probe.figures import figures
    for one in (figures()._maps, figures()._library, figures()._arenas):
        one._took_seconds = 0.0  # else it would be read less often
gc.disable()  # what its own garbage costs a program is its own
found, busy = [], []
for _ in range(21):
    fresh()
    began, worked = time.perf_counter(), time.process_time()
    report()
    found.append(time.perf_counter() - began)
    busy.append(time.process_time() - worked)
tracemalloc.start()
fresh(); report(); fresh()
before = tracemalloc.get_traced_memory()[0]
tracemalloc.reset_peak()
report()
most = tracemalloc.get_traced_memory()[1] - before
print(f"median {1e3 * statistics.median(found):.2f} ms, worst {1e3 * max(found):.2f} ms, "
      f"of a processor {1e3 * statistics.median(busy):.2f} ms, "
      f"the first {1e3 * first:.1f} ms; {most / 1024:.0f} KiB allocated")
"""
PROGRAMS = {
    "an empty program": "",
    "200 MB of strings, 2 % kept": "k = [('x%d' % n) * 500 for n in range(100_000)][::50]",
    "2 million tuples, 0.1 % kept": "k = [(n,) for n in range(2_000_000)][::1000]",
    "2 million tuples": "k = [(n,) for n in range(2_000_000)]",
}
COLLECTING = """
import gc, sys, time, timeit
from trayapp.probe.collections_watch import unwatch_collections, watch_collections
def work():
    for _ in range(200_000):
        a = []
        a.append(a)
work()
plain, watched = [], []
for _ in range(7):
    plain.append(timeit.timeit(work, number=1, timer=time.process_time))
    watch_collections()
    watched.append(timeit.timeit(work, number=1, timer=time.process_time))
    unwatch_collections()
more = 1e6 * (min(watched) - min(plain)) / (200_000 / gc.get_threshold()[0])
print(f"{more:.2f} µs for each collection")
"""


def report_figures(program: str) -> str:
    """What a report costs a program that does this, every figure read anew that is cheap."""
    command = [sys.executable, "-c", program + REPORT]
    return subprocess.run(command, check=True, text=True, capture_output=True).stdout.strip()


def watch_figures() -> str:
    """What it costs a program that collects without a pause that collections are watched."""
    command = [sys.executable, "-c", COLLECTING]
    return subprocess.run(command, check=True, text=True, capture_output=True).stdout.strip()


def import_milliseconds(code: str) -> float:
    """How much of a processor a fresh interpreter takes for this, at best."""
    command = [sys.executable, "-S", "-c", code]

    def used_seconds() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    run = timeit.repeat(
        lambda: subprocess.run(command, check=True), number=1, repeat=IMPORTS, timer=used_seconds
    )
    return 1000 * min(run)


def main() -> None:
    """Print all of it."""
    print(f"a `with` block: {microseconds(in_a_block)}")
    print(f"one that follows no other at once: {microseconds(in_a_block_of_its_own)}")
    print(f"a function: {microseconds(as_a_function)}")
    print(f"a coroutine function: {measure_coroutine()}")
    print(f"of it, reading the resident set (twice, or once): {microseconds(read_rss_bytes)}")
    print(f"of it, reading the heap in use (twice): {microseconds(_heap_reader())}")
    bare = import_milliseconds("import threading, typing")
    probe = import_milliseconds("import threading, typing, trayapp.probe")
    print(f"importing it: {probe - bare:.1f} ms beside threading and typing")
    print(f"watching collections: {watch_figures()}")
    for name, program in PROGRAMS.items():
        print(f"a report of {name}: {report_figures(program)}")


if __name__ == "__main__":
    main()

"""What the probe costs a program: `python -m tests.benchmarks.probe`.

How long importing it takes, and how much longer a function or a `with` block takes as a task.
Prints figures; asserts nothing.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import timeit
from collections.abc import Callable

from trayapp.probe import task
from trayapp.probe.heap import open_heap
from trayapp.probe.resident import read_rss_bytes

ROUNDS, CALLS = 9, 20_000
IMPORTS = 15


def microseconds(work: Callable[[], object]) -> str:
    """Median and worst of several rounds, each of many calls; of one call."""
    found = sorted(
        1e6 * seconds / CALLS for seconds in timeit.repeat(work, number=CALLS, repeat=ROUNDS)
    )
    return f"median {statistics.median(found):.2f} µs, worst {found[-1]:.2f} µs"


def in_a_block() -> None:
    """One task."""
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

    seconds = timeit.repeat(lambda: asyncio.run(many()), number=1, repeat=ROUNDS)
    return f"median {1e6 * statistics.median(seconds) / CALLS:.2f} µs"


def _heap_reader() -> Callable[[], object]:
    heap = open_heap()
    return (lambda: None) if heap is None else heap.read


def import_milliseconds(code: str) -> float:
    """How long a fresh interpreter takes for this, at best."""
    command = [sys.executable, "-S", "-c", code]
    run = timeit.repeat(lambda: subprocess.run(command, check=True), number=1, repeat=IMPORTS)
    return 1000 * min(run)


def main() -> None:
    """Print all of it."""
    print(f"a `with` block: {microseconds(in_a_block)}")
    print(f"a function: {microseconds(as_a_function)}")
    print(f"a coroutine function: {measure_coroutine()}")
    print(f"of it, reading the resident set (twice): {microseconds(read_rss_bytes)}")
    print(f"of it, reading the heap in use (twice): {microseconds(_heap_reader())}")
    bare = import_milliseconds("import threading, typing")
    probe = import_milliseconds("import threading, typing, trayapp.probe")
    print(f"importing it: {probe - bare:.1f} ms beside threading and typing")


if __name__ == "__main__":
    main()

"""What one look at the processes costs: `python -m tests.benchmarks.readers [COUNT]`.

Starts COUNT idle processes (default 500) and prints CPU time per call, ours beside psutil's.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from trayapp.domain.records.samples import ProcessKey
from trayapp.platforms import current_platform
from trayapp.readers.own_cost import AppReader, ProcCosts
from trayapp.readers.procfs import LIST_AT_LEAST_EVERY_SECONDS, ProcfsReader
from trayapp.readers.system import ProcSystemReader

ROUNDS = 30


def main() -> None:
    """Print one line per way of reading."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with idle_processes(count) as pids:
        show(f"CPU time per call, median of {ROUNDS}; {len(psutil.pids())} processes")
        limit = current_platform().raise_descriptor_limit()
        measure_reader("held descriptors", limit, pids)
        measure_reader("opened each time", 0, pids)
        system, app = ProcSystemReader(), AppReader()
        measure("SystemReader.read", system.read)
        measure("AppReader.read", app.read)
        measure("AppReader, slow clock only", ProcCosts().read_slow)
        measure("process_iter(memory_info)", lambda: iterate(["memory_info"]))
        measure("process_iter(memory_info, cmdline)", lambda: iterate(["memory_info", "cmdline"]))


def measure_reader(title: str, descriptor_limit: int | None, pids: list[int]) -> None:
    """Print the costs of one way of reading /proc, and what it makes the kernel keep."""
    clock = FakeClock()
    reader = ProcfsReader(descriptor_limit=descriptor_limit, clock=clock)
    slab_before = kernel_memory_bytes()
    show(f"\n{title}")
    measure("first refresh (all processes new)", reader.refresh, rounds=1)
    clock.seconds += 2
    measure("second refresh (each looked at again)", reader.refresh, rounds=1)
    measure("refresh, nothing forked", reader.refresh)

    def refresh_in_full() -> None:
        clock.seconds += LIST_AT_LEAST_EVERY_SECONDS
        reader.refresh()

    measure("refresh with a full list", refresh_in_full)
    every = reader.read_all()
    targets = [key for key in every if key.pid in set(pids[:10])]
    measure(f"read of {len(targets)} targets", lambda: reader.read(targets))
    measure(f"read_all of {len(every)}", reader.read_all)
    one: list[ProcessKey] = targets[:1]
    measure("read of 1", lambda: reader.read(one))
    show(
        f"  {'kernel memory for it':<40}{(kernel_memory_bytes() - slab_before) / 2**20:>10.1f} MiB"
    )
    reader.close()


class FakeClock:
    """A clock that is turned by hand."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@contextmanager
def idle_processes(count: int) -> Iterator[list[int]]:
    """Start processes that do nothing; end them afterwards."""
    children = [subprocess.Popen(["sleep", "600"]) for _ in range(count)]
    try:
        time.sleep(1)  # let them settle; nothing is tested
        yield [child.pid for child in children]
    finally:
        for child in children:
            child.kill()
        for child in children:
            child.wait()


def measure(label: str, call: Callable[[], object], rounds: int = ROUNDS) -> None:
    """Print the median CPU time of `call`, after one call to warm up if there are several."""
    if rounds > 1:
        call()
    times = []
    for _ in range(rounds):
        started = time.thread_time_ns()
        call()
        times.append(time.thread_time_ns() - started)
    show(f"  {label:<40}{sorted(times)[rounds // 2] / 1000:>10.1f} µs")


def iterate(attributes: list[str]) -> list[object]:
    """The usual way of looking at all processes."""
    return [process.info for process in psutil.process_iter(attributes)]


def kernel_memory_bytes() -> int:
    """Kernel memory in small pieces; other programs move it, too."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Slab:")) * 1024


def show(line: str) -> None:
    """Print, at once even into a pipe."""
    print(line, flush=True)


if __name__ == "__main__":
    main()

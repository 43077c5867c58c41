"""What grouping processes into applications costs: `python -m tests.benchmarks.applications`.

The process tables are made up, in the proportions of a desktop: shells, browsers with many helpers,
services and containers. The last lines read the real machine.
"""

from __future__ import annotations

import gc
import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace

from trayapp.domain.grouping.applications import ApplicationTracker
from trayapp.domain.records.samples import ProcessFacts, ProcessKey
from trayapp.readers.procfs import ProcfsReader

SIZES = (500, 2_000, 10_000)
ROUNDS = 15
APP_PID = 999_999
_BROWSER = "/usr/lib/chromium/chromium"
_KINDS = (
    ("bash", ("-bash",), "/user.slice/user-1000.slice/session-2.scope"),
    ("chromium", (_BROWSER, "--user-data-dir=/home/me/{}"), "/app.slice/app-chromium-{}.scope"),
    ("postgres", ("/usr/bin/postgres", "-D", "/srv/{}"), "/system.slice/postgresql@{}.service"),
    ("python3", ("python3", "/srv/job{}.py"), "/docker/{:064x}"),
    ("make", ("make", "-j8"), "/user.slice/user-1000.slice/session-2.scope"),
)
_HELPERS = 9


def main() -> None:
    """Print one line per figure."""
    for count in SIZES:
        measure_tracking(list(processes(count)))
    show("\nthis machine")
    measure_reading()


def measure_tracking(table: list[ProcessFacts]) -> None:
    """Print what a table of this size costs."""
    show(f"\n{len(table)} processes")
    measure("apply, all at once", lambda: filled(table))
    tracker = filled(table)
    measure_changes(tracker, table)
    sizes = {facts.key: facts.key.pid * 4096 for facts in table}
    measure("totals", lambda: tracker.totals(sizes))
    measure("totals, half of them excluded", lambda: tracker.totals(sizes, is_even))
    show(f"  {'kept per process':<44}{kept_bytes(table) / len(table):>10.0f} bytes")


def processes(count: int) -> Iterator[ProcessFacts]:
    """Make a table: families of one and nine helpers, under init."""
    for pid in range(2, count + 2):
        number, place = divmod(pid - 2, _HELPERS + 1)
        name, arguments, cgroup = _KINDS[number % len(_KINDS)]
        head = pid - place
        if place:
            arguments = (arguments[0], "--type=renderer", f"--id={pid}")
        yield ProcessFacts(
            key=ProcessKey(pid, pid),
            parent_pid=head if place else 1,
            name=name,
            arguments=tuple(argument.format(number) for argument in arguments),
            cgroup=cgroup.format(number),
        )


def filled(table: list[ProcessFacts]) -> ApplicationTracker:
    """Make a tracker that knows the table."""
    tracker = ApplicationTracker(APP_PID)
    tracker.apply(table)
    return tracker


def measure_changes(tracker: ApplicationTracker, table: list[ProcessFacts]) -> None:
    """Print what one process costs that comes, changes or goes."""
    parent = table[len(table) // 2]
    new = [
        replace(parent, key=ProcessKey(1_000_000 + number, 1_000_000), parent_pid=parent.key.pid)
        for number in range(1000)
    ]
    other = [replace(facts, arguments=("python3", "app.py")) for facts in new]
    steps: list[tuple[str, Callable[[int], None]]] = [
        ("apply, one appears", lambda number: tracker.apply([new[number]])),
        ("apply, one changes", lambda number: tracker.apply(changed=[other[number]])),
        ("apply, one goes", lambda number: tracker.apply(gone=[new[number].key])),
    ]
    for label, step in steps:
        started = time.thread_time_ns()
        for number in range(len(new)):
            step(number)
        spent = time.thread_time_ns() - started
        show(f"  {label:<44}{spent / len(new) / 1000:>10.1f} µs")


def measure_reading() -> None:
    """Print what meeting a real process costs, and what of it is for its control group."""
    pids = [int(entry) for entry in os.listdir("/proc") if entry.isdecimal()]  # noqa: PTH208
    reader = ProcfsReader(descriptor_limit=8192)
    started = time.thread_time_ns()
    appeared = reader.refresh().appeared
    spent = time.thread_time_ns() - started
    show(f"  {'meeting a process':<44}{spent / len(appeared) / 1000:>10.1f} µs")
    started = time.thread_time_ns()
    for _ in range(ROUNDS):
        for pid in pids:
            reader._read_groups(pid)
    spent = time.thread_time_ns() - started
    label = "of it its control group"
    show(f"  {label:<44}{spent / ROUNDS / len(pids) / 1000:>10.1f} µs")
    reader.close()


def kept_bytes(table: list[ProcessFacts]) -> int:
    """What a tracker keeps, apart from the facts, which the reader has anyway."""
    gc.collect()
    tracemalloc.start()
    try:
        tracker = filled(table)
        tracker.totals({facts.key: 1 for facts in table})
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def is_even(key: ProcessKey) -> bool:
    """Stand in for "a target holds it"."""
    return key.pid % 2 == 0


def measure(label: str, call: Callable[[], object]) -> None:
    """Print the median CPU time of `call`."""
    call()
    times = []
    for _ in range(ROUNDS):
        started = time.thread_time_ns()
        call()
        times.append(time.thread_time_ns() - started)
    show(f"  {label:<44}{sorted(times)[ROUNDS // 2] / 1e6:>10.2f} ms")


def show(line: str) -> None:
    """Print, at once even into a pipe."""
    print(line, flush=True)


if __name__ == "__main__":
    main()

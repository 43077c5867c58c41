"""What following every process costs, Memtray beside its peers: `python -m tests.benchmarks.scale`.

    [--counts 100,500,2000,10000] [--seconds 30] [--peers FOLDER]

Among so many idle processes, of which nine are targets and a tenth that moves is one more, each
contestant looks once a second and is measured for `--seconds` after a warm-up. Then one scan of
2,000 processes, Memtray's and psutil's. Peers take part when their commands are installed or in a
folder given with `--peers`. Prints a table in Markdown; asserts nothing.

Private memory leaves out what is shared with any other process: a Python program alone on a
machine has about 5 MiB more, the interpreter's own code.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import psutil

from tests.benchmarks.contestants import IDLE_TARGETS, Contestant, Running, contestants
from tests.benchmarks.costs import read_busy_seconds, read_costs
from tests.benchmarks.crowd import crowd
from tests.benchmarks.resident import MOVING
from trayapp.language.units import format_size
from trayapp.platforms import current_platform
from trayapp.readers.following import SETTLE_SECONDS
from trayapp.readers.procfs import LIST_AT_LEAST_EVERY_SECONDS, ProcfsReader

WARM_UP_SECONDS = 15.0
"""Programs are loaded, processes are met for the first time and looked at again."""
QUIET_SECONDS = 3.0
PATIENCE_SECONDS = 120.0
SCAN_COUNT = 2000
SCAN_ROUNDS = 41
SCAN_PAUSE_SECONDS = 0.25
"""Meanwhile others use the processor's caches, as in life."""


def main() -> None:
    """Print the table, row by row as they are measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", default="100,500,2000,10000")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--peers", action="append", default=[], metavar="FOLDER")
    options = parser.parse_args()
    # So that everything started is ended, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    all_of_them = contestants(options.peers)
    for each in all_of_them:
        if each.missing:
            print(f"left out: {each.name} ({each.missing} is not installed)", file=sys.stderr)
    taking_part = [each for each in all_of_them if each.missing is None]
    show(f"{describe_machine()}; ten targets, {options.seconds:g} s each\n")
    show("| processes | what | looks/s | CPU, % of a core | private memory | others, % of a core |")
    show("| --: | :-- | --: | --: | --: | --: |")
    for count in map(int, options.counts.split(",")):
        try:
            measure_all(count, taking_part, options.seconds)
        except ValueError as error:
            show(f"| {count} | not measured: {error} | | | | |")
    show(f"\nOne scan of {SCAN_COUNT} processes, median CPU time of {SCAN_ROUNDS}:\n")
    show("| way | ms, back to back | ms, after a pause |")
    show("| :-- | --: | --: |")
    measure_scans()


def describe_machine() -> str:
    """Date, system, processors and Python, on one line."""
    name = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    return (
        f"{time.strftime('%Y-%m-%d')}, {name}, Linux {platform.release()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, load {os.getloadavg()[0]:.2f}"
    )


def measure_all(count: int, taking_part: Sequence[Contestant], seconds: float) -> None:
    """Print a row for each. Raises: ValueError if the machine does not take so many processes."""
    # The tenth target is one of them.
    with crowd(count - 1, IDLE_TARGETS) as pids, moving() as moving_pid:
        targets = [*pids[: len(IDLE_TARGETS)], moving_pid]
        for each in taking_part:
            with each.start(targets) as contestant:
                show(f"| {count} | {each.name} | {measure(contestant, seconds)} |")


def measure(contestant: Running, seconds: float) -> str:
    """The cells of a row: looks, CPU, memory, and how busy the machine was with anything else."""
    time.sleep(WARM_UP_SECONDS)
    wait_for_quiet()
    looks, started = contestant.count_looks(), time.monotonic()
    busy, before = read_busy_seconds(), read_costs(contestant.pids)
    time.sleep(seconds)
    after, busy_after = read_costs(contestant.pids), read_busy_seconds()
    rate = (contestant.count_looks() - looks) / (time.monotonic() - started)
    cpu_percent = after.cpu_percent_since(before)
    elapsed_seconds = after.monotonic_seconds - before.monotonic_seconds
    others_percent = max(0.0, 100 * (busy_after - busy) / elapsed_seconds - cpu_percent)
    return f"{rate:.2f} | {cpu_percent:.2f} | {format_size(after.uss_bytes)} | {others_percent:.0f}"


def wait_for_quiet() -> None:
    """Wait, but not for ever, until one of the processors has nothing to do."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        busy = read_busy_seconds()
        time.sleep(QUIET_SECONDS)
        if read_busy_seconds() - busy < QUIET_SECONDS:
            return


@contextmanager
def moving() -> Iterator[int]:
    """Run a program whose memory changes every second; yields its pid."""
    program = subprocess.Popen([sys.executable, "-c", MOVING.format(pause=1.0)])
    try:
        yield program.pid
    finally:
        program.kill()
        program.wait()


def measure_scans() -> None:
    """Print what one look at all processes costs, way by way."""
    clock = FakeClock()
    with crowd(SCAN_COUNT):
        reader = ProcfsReader(
            descriptor_limit=current_platform().raise_descriptor_limit(), clock=clock
        )
        reader.refresh()
        clock.seconds += SETTLE_SECONDS  # each is looked at again once
        reader.refresh()

        def scan() -> object:
            return reader.refresh(), reader.read_all()

        def scan_with_list() -> object:
            clock.seconds += LIST_AT_LEAST_EVERY_SECONDS
            return scan()

        ways: dict[str, Callable[[], object]] = {
            "refresh + read_all, nothing was forked": scan,
            "refresh + read_all, processes listed anew": scan_with_list,
            "process_iter(memory_info)": lambda: iterate("memory_info"),
            "process_iter(memory_info, cmdline)": lambda: iterate("memory_info", "cmdline"),
        }
        for name, look in ways.items():
            back_to_back, after_a_pause = time_of(look, 0.0), time_of(look, SCAN_PAUSE_SECONDS)
            show(f"| {name} | {back_to_back:.2f} | {after_a_pause:.2f} |")
        reader.close()


def time_of(look: Callable[[], object], pause_seconds: float) -> float:
    """Median CPU time, in milliseconds, of a look, each after a pause."""
    look()
    times = []
    for _ in range(SCAN_ROUNDS):
        time.sleep(pause_seconds)
        started = time.thread_time_ns()
        look()
        times.append(time.thread_time_ns() - started)
    return statistics.median(times) / 1e6


def iterate(*attributes: str) -> object:
    """The usual way of looking at all processes."""
    return [process.info for process in psutil.process_iter(attributes)]


class FakeClock:
    """A clock that is turned by hand."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def show(line: str) -> None:
    """Print, at once even into a pipe."""
    print(line, flush=True)


if __name__ == "__main__":
    main()

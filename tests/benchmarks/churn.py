"""How the resident grows in a day of 200,000 processes: `python -m tests.benchmarks.churn`.

    [--hours 24] [--per-day 200000] [--trace]

The sampler itself runs, with all that it reads, judges and keeps, on a machine that is only files
and by a clock that is turned by hand: 86,400 looks, as fast as they go, after an hour that does not
count, in which as many come to live as will on average. Half of the processes come evenly, half in
bursts. `--trace` tells at the end which lines hold more than after that hour; that is slow. Prints
figures; asserts nothing.
"""

from __future__ import annotations

import argparse
import gc
import signal
import sys
import tempfile
import time as real_time
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

from tests.benchmarks.pretend_machine import SERVICES, PretendMachine
from trayapp.applet.sampler import Sampler
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.monitor import Outcome
from trayapp.domain.judging.view import Controls
from trayapp.domain.showing.status import status
from trayapp.domain.showing.tray import tray_state
from trayapp.language.units import format_size
from trayapp.platforms import current_platform
from trayapp.readers.footprint import FootprintReader, ProcFootprints
from trayapp.readers.frames import MachineReader
from trayapp.readers.oom_counters import OomReader
from trayapp.readers.own_cost import AppReader, ProcCosts
from trayapp.readers.process_limits import LimitReader
from trayapp.readers.procfs import ProcfsReader
from trayapp.readers.system import ProcSystemReader
from trayapp.settings.file import SettingsFile

HOUR_SECONDS = 3600
DAY_SECONDS = 24 * HOUR_SECONDS
BURST_EVERY_SECONDS = 600
NOTE_EVERY_SECONDS = 60
"""Memory swings with what is buffered: the lowest of an hour's notes tells."""
APP_PID = 999_999
CPU_SHARE = 0.003
"""What Memtray is told that it costs: here it would be all of a core, and over its budget."""
TRACED_LINES = 15

# The history deletes, too, within the day. An adaptive pace would leave out looks, and so would the
# budget: a day's writing takes minutes here.
SETTINGS = """
[sampling]
interval = "1s"
adaptive = false
[budget]
uss = "1GiB"
written_per_minute = "1GiB"
[history]
raw = "1h"
"""
TARGET = """
[[targets]]
name = "{0}"
match = "{0}"
"""


class Day:
    """Time for the sampler: it passes, and the machine with it, whenever the sampler waits."""

    def __init__(self, machine: PretendMachine, per_day: int) -> None:
        self._machine = machine
        self._begin = machine.seconds
        self._per_day = per_day

    @property
    def passed_seconds(self) -> float:
        """Time since it began."""
        return self._machine.seconds - self._begin

    def monotonic(self) -> float:
        """As of the `time` module."""
        return self._machine.seconds

    def time(self) -> float:
        """As of the `time` module."""
        return 1_700_000_000.0 + self._machine.seconds

    def perf_counter(self) -> float:
        """As of the `time` module."""
        return real_time.perf_counter()

    def localtime(self) -> real_time.struct_time:
        """As of the `time` module."""
        return real_time.gmtime(self.time())

    def pass_by(self, seconds: float) -> range:
        """Let time pass; the whole seconds, since it began, that are over now."""
        before = int(self.passed_seconds)
        self._machine.seconds += seconds
        over = range(before + 1, int(self.passed_seconds) + 1)
        for second in over:
            self._machine.turn(self._births(second))
        return over

    def _births(self, second: int) -> int:
        per_second = self._per_day / 2 / DAY_SECONDS
        births = int(second * per_second) - int((second - 1) * per_second)
        if second % BURST_EVERY_SECONDS == BURST_EVERY_SECONDS // 2:
            births += int(per_second * BURST_EVERY_SECONDS)
        return births


class Notes:
    """Prints a row for each hour."""

    def __init__(self, machine: PretendMachine, *, trace: bool) -> None:
        self._machine = machine
        self._trace = trace
        self._costs = ProcCosts()
        self._noted: list[int] = []
        self.floors: list[int] = []
        """The lowest of each hour, the one that does not count first, in bytes."""
        self.snapshots: list[tracemalloc.Snapshot] = []
        """What was held after the hour that does not count, and after the latest one."""

    def take(self, second: int) -> None:
        """Look, if it is time to."""
        if second % NOTE_EVERY_SECONDS == 0:
            self._noted.append(read_anonymous_bytes())
        if second % HOUR_SECONDS == 0:
            self._print(f"{second // HOUR_SECONDS - 1} h")
            if self._trace:
                self.snapshots = [*self.snapshots[:1], take_snapshot()]

    def _print(self, label: str) -> None:
        lowest, highest = min(self._noted), max(self._noted)
        self._noted.clear()
        self.floors.append(lowest)
        rss_bytes = self._costs.read_rss_bytes()
        show(
            f"| {label} | {self._machine.seen_count} | {self._machine.living_count} | "
            f"{format_size(rss_bytes)} | {format_size(lowest)} | {format_size(highest)} |"
        )


class Waiting:
    """Stands in for the queue of errands at which the sampler waits; there are none."""

    def __init__(self, day: Day, notes: Notes, seconds: float, sampler: Sampler) -> None:
        self._day, self._notes, self._seconds, self._sampler = day, notes, seconds, sampler

    def wait(self, seconds: float) -> None:
        """Let time pass instead."""
        for second in self._day.pass_by(max(seconds, 0.001)):
            self._notes.take(second)
        if self._day.passed_seconds >= self._seconds:
            self._sampler.stop()

    def run_all(self) -> None:
        """Nothing is asked for."""

    def put(self, errand: Callable[[], object]) -> None:
        """The end is all that is ever told, and that is seen anyway."""


class PretendReader(MachineReader):
    """The reader of the pretended machine."""

    def __init__(self, machine: PretendMachine, day: Day, rules: Sequence[TargetRule]) -> None:
        super().__init__(rules, APP_PID)
        self.close()
        root, limit = machine.root, current_platform().raise_descriptor_limit()
        self._processes = ProcfsReader(f"{root}/proc", descriptor_limit=limit, clock=day.monotonic)
        self._system = ProcSystemReader(f"{root}/proc")
        self._app = AppReader(clock=day.monotonic, cpu_clock=lambda: CPU_SHARE * day.passed_seconds)
        self._footprints = FootprintReader(ProcFootprints(f"{root}/proc"))
        self._limits = LimitReader(root)
        self._oom = OomReader(root)


def main() -> None:
    """Run the day."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--per-day", type=int, default=200_000)
    parser.add_argument("--trace", action="store_true")
    options = parser.parse_args()
    # So that the folders go, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    memory = Path("/dev/shm")  # noqa: S108  (a day makes 1.4 million files)
    with ExitStack() as stack:
        folders = [
            Path(stack.enter_context(tempfile.TemporaryDirectory(dir=place)))
            for place in (memory if memory.is_dir() else None, None)
        ]
        if options.trace:
            tracemalloc.start()
        machine = PretendMachine(folders[0])
        notes = Notes(machine, trace=options.trace)
        show("| after | processes so far | living | RSS | anonymous, lowest | highest |")
        show("| :-- | --: | --: | --: | --: | --: |")
        run(machine, folders[1], notes, (1 + options.hours) * HOUR_SECONDS, options.per_day)
    grown_bytes = notes.floors[-1] - notes.floors[1]
    show(f"growth of the lowest from the first hour to the last: {format_size(grown_bytes)}")
    if notes.snapshots:
        first, last = notes.snapshots
        for line in last.compare_to(first, "lineno")[:TRACED_LINES]:
            show(str(line))


def run(machine: PretendMachine, folder: Path, notes: Notes, seconds: float, per_day: int) -> None:
    """Let the sampler live through so many seconds."""
    settings_file = folder / "memtray.toml"
    settings_file.write_text(SETTINGS + "".join(map(TARGET.format, SERVICES)))
    day = Day(machine, per_day)

    def show_it(outcome: Outcome | None) -> None:
        """What the applet makes of each look."""
        if outcome is not None:
            state = tray_state(outcome.view, Controls())
            if int(day.passed_seconds) % NOTE_EVERY_SECONDS == 0:
                state.menu()
                status(outcome.view, Controls())

    sampler = Sampler(SettingsFile(settings_file), folder / "history.sqlite3", APP_PID, show_it)
    with (
        patch.object(sampler, "_errands", Waiting(day, notes, seconds, sampler)),
        patch("trayapp.applet.sampler.time", day),
        patch("trayapp.applet.session_store.time", day),
        patch("trayapp.readers.frames.time", day),
        patch(
            "trayapp.applet.sampler.MachineReader",
            lambda rules, *_: PretendReader(machine, day, rules),
        ),
    ):
        # Not kept alive: what fails here is to end it.
        sampler._sample()
    show(f"\n{sampler.sample_count} looks; problems: {', '.join(sampler.problems) or 'none'}")


def read_anonymous_bytes() -> int:
    """Private memory but for files: those count as private or not by who else has them open."""
    rollup = Path("/proc/self/smaps_rollup").read_text()
    return int(rollup.partition("\nAnonymous:")[2].split(None, 1)[0]) * 1024


def take_snapshot() -> tracemalloc.Snapshot:
    """What is held now, but by the tracing itself."""
    gc.collect()
    return tracemalloc.take_snapshot().filter_traces(
        [tracemalloc.Filter(False, tracemalloc.__file__)]
    )


def show(line: str) -> None:
    """Print, at once even into a pipe."""
    print(line, flush=True)


if __name__ == "__main__":
    main()

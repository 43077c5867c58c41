"""A machine that is only files: processes come and go in a /proc folder as fast as wanted."""

from __future__ import annotations

import heapq
import os
import random
import shutil
from pathlib import Path

SERVICES = tuple(f"service-{number}" for number in range(10))
"""Programs that run all the time; their workers come and go."""
LASTING_COUNT = 300
"""Processes that stay, services among them."""
_LIFETIMES_SECONDS = (10.0, 120.0, 1200.0)
_LIFETIME_WEIGHTS = (70, 25, 5)
_WORKERS_SHARE, _CONTAINERS_SHARE = 0.3, 0.1
_INIT_PID, _FIRST_SERVICE_PID = 1, 2
_LARGEST_PID = 32_768
_TICKS_PER_SECOND = 100
_PAGES = 5_000


class PretendMachine:
    """Processes under `folder`/proc, and a clock that is turned by hand.

    Every process that comes has a name, a command line and a control group that were never there
    before: what keeps anything of them grows.
    """

    def __init__(self, folder: Path, seed: int = 1) -> None:
        self.root = str(folder)
        self.seconds = 1_000_000.0
        """Monotonic time."""
        self.seen_count = 0
        self._proc = f"{folder}/proc"
        self._random = random.Random(seed)
        self._living: set[int] = set()
        self._ends: list[tuple[float, int]] = []
        self._next_pid = _INIT_PID
        os.makedirs(f"{self._proc}/self")  # noqa: PTH103
        self._write("self/mountinfo", "")
        self._write("vmstat", "oom_kill 0\n")
        self._start("init", 0, "/sbin/init", "/init.scope")
        for name in SERVICES:
            self._start(name, _INIT_PID, f"/usr/bin/{name}\0--all-day", f"/system.slice/{name}")
        while len(self._living) < LASTING_COUNT:
            name = f"lasting-{self.seen_count}"
            self._start(name, _INIT_PID, f"/usr/bin/{name}", "/user.slice")
        self.turn(births=0)

    @property
    def living_count(self) -> int:
        """How many processes there are."""
        return len(self._living)

    def turn(self, births: int) -> None:
        """Let processes end whose time is over, others begin, and memory move."""
        while self._ends and self._ends[0][0] <= self.seconds:
            self._end(heapq.heappop(self._ends)[1])
        for _ in range(births):
            self._begin()
        for service in self._random.sample(range(len(SERVICES)), 3):
            self._write_memory(_FIRST_SERVICE_PID + service)
        available_kb = self._random.randrange(8_000_000, 12_000_000)
        self._write("meminfo", f"MemTotal: 16000000 kB\nMemAvailable: {available_kb} kB\n")
        self._write("loadavg", f"0.5 0.5 0.5 1/{self.living_count} {self._next_pid}\n")

    def _begin(self) -> None:
        number, kind = self.seen_count, self._random.random()
        name, parent_pid, group = f"job-{number}", _INIT_PID, f"/system.slice/run-u{number}.service"
        command_line = f"/opt/jobs/{name}\0--input\0/srv/data/{number}.csv"
        if kind < _WORKERS_SHARE:
            service = self._random.randrange(len(SERVICES))
            name, parent_pid = f"worker-{number}", _FIRST_SERVICE_PID + service
            group = f"/system.slice/{SERVICES[service]}"
            command_line = f"/usr/bin/{name}\0--of\0{SERVICES[service]}"
        elif kind < _WORKERS_SHARE + _CONTAINERS_SHARE:
            group = f"/docker/{number:064x}"
        pid = self._start(name, parent_pid, command_line, group)
        (mean_seconds,) = self._random.choices(_LIFETIMES_SECONDS, _LIFETIME_WEIGHTS)
        lives_seconds = self._random.expovariate(1 / mean_seconds)
        heapq.heappush(self._ends, (self.seconds + lives_seconds, pid))

    def _start(self, name: str, parent_pid: int, command_line: str, group: str) -> int:
        pid = self._next_pid
        while pid in self._living:
            pid = pid % _LARGEST_PID + 1
        self._next_pid = pid % _LARGEST_PID + 1
        self._living.add(pid)
        self.seen_count += 1
        os.mkdir(f"{self._proc}/{pid}")  # noqa: PTH102
        started = round(self.seconds * _TICKS_PER_SECOND)
        fields = f"S {parent_pid} " + "0 " * 17 + f"{started} 0 0"
        self._write(f"{pid}/stat", f"{pid} ({name[:15]}) {fields}\n")
        self._write(f"{pid}/cmdline", command_line + "\0")
        self._write(f"{pid}/cgroup", f"0::{group}\n")
        self._write(f"{pid}/limits", "Limit  Soft Limit  Hard Limit  Units\n")
        self._write_memory(pid)
        return pid

    def _end(self, pid: int) -> None:
        self._living.remove(pid)
        shutil.rmtree(f"{self._proc}/{pid}")

    def _write_memory(self, pid: int) -> None:
        pages = _PAGES + self._random.randrange(_PAGES)
        self._write(f"{pid}/statm", f"{2 * pages} {pages} {pages // 3} 20 0 {pages} 0\n")
        self._write(f"{pid}/status", f"VmSize: {8 * pages} kB\nVmSwap: 0 kB\n")
        self._write(
            f"{pid}/smaps_rollup",
            f"Rss: {4 * pages} kB\nPss: {3 * pages} kB\n"
            f"Private_Clean: 0 kB\nPrivate_Dirty: {2 * pages} kB\nSwap: 0 kB\nSwapPss: 0 kB\n",
        )

    def _write(self, name: str, text: str) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        descriptor = os.open(f"{self._proc}/{name}", flags, 0o600)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)

"""Runs one of the programs and records it: java, javac or node must be there. Linux only."""

from __future__ import annotations

import csv
import gzip
import os
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from trayapp.guard.node_loader import OPTIONS_VARIABLE, require_option
from trayapp.readers.java_counters import JavaCounts, JavaLayout, parse_layout, read_counts

HERE = Path(__file__).parent
EVERY_SECONDS = 2.0
HEALTHY_SECONDS, LONGEST_SECONDS = 720.0, 1500.0
PROGRAMS: dict[str, str] = {
    "g1-table-leak": "-XX:+UseG1GC -Xmx256m Heaps list 440000",
    "g1-list-leak": "-XX:+UseG1GC -Xmx256m Heaps list 440000 1000",
    "z-sessions-leak": "-XX:+UseZGC -Xmx256m Heaps sessions 350000",
    "shenandoah-listeners-leak": "-XX:+UseShenandoahGC -Xmx192m Heaps listeners 280000",
    "g1-sessions-leak": "-XX:+UseG1GC -Xms32m -Xmx192m Heaps sessions 300000",
    "g1-direct-leak": (
        "-XX:+UseG1GC -Xms96m -Xmx96m -XX:+AlwaysPreTouch -XX:MaxDirectMemorySize=128m "
        "Heaps direct 200000"
    ),
    "serial-sessions-leak": "-XX:+UseSerialGC -Xmx128m Heaps sessions 180000",
    "parallel-sessions-leak": "-XX:+UseParallelGC -Xmx128m Heaps sessions 180000",
    "parallel-resizing-leak": "-XX:+UseParallelGC -Xms16m -Xmx128m Heaps sessions 180000",
    "serial-resizing-leak": "-XX:+UseSerialGC -Xms16m -Xmx128m Heaps listeners 180000",
    "parallel-direct-leak": "-XX:+UseParallelGC -Xms64m -Xmx128m Heaps direct 200000",
    "parallel-lru": "-XX:+UseParallelGC -Xms32m -Xmx256m Heaps lru 1000000",
    "serial-expiring": "-XX:+UseSerialGC -Xms16m -Xmx192m Heaps expiring 300000",
    "g1-warming": "-XX:+UseG1GC -Xms32m -Xmx192m Heaps warming 200000",
    "g1-random": "-XX:+UseG1GC -Xmx192m Heaps random 600000",
    "g1-expiring": "-XX:+UseG1GC -Xms32m -Xmx192m Heaps expiring 300000",
    "parallel-expiring": "-XX:+UseParallelGC -Xmx192m Heaps expiring 300000",
    "shenandoah-expiring": "-XX:+UseShenandoahGC -Xmx192m Heaps expiring 300000",
    "z-warming": "-XX:+UseZGC -Xmx192m Heaps warming 200000",
    "g1-mixed-leak": "-XX:+UseG1GC -Xms32m -Xmx160m Heaps mixed 150000",
    "parallel-mixed-leak": "-XX:+UseParallelGC -Xms16m -Xmx160m Heaps mixed 150000",
    "g1-pool": "-XX:+UseG1GC -Xms64m -Xmx64m Heaps pool 0",
    "serial-filling": "-XX:+UseSerialGC -Xms32m -Xmx96m Heaps filling 100000",
    "g1-threads": "-XX:+UseG1GC -Xms32m -Xmx96m Heaps threads 0",
    "g1-twin": "-XX:+UseG1GC -Xmx256m Heaps twin 400000",
    "serial-lru": "-XX:+UseSerialGC -Xmx256m Heaps lru 1000000",
    "parallel-batches": "-XX:+UseParallelGC -Xmx256m Heaps batches 500000",
    "node-closures-leak": "--max-old-space-size=96 heaps.js closures 130000",
    "node-worker-leak": "heaps.js worker 95000",
    "node-lru": "--max-old-space-size=128 heaps.js lru 500000",
    "node-requests": "--max-old-space-size=128 heaps.js requests 400000",
}
_NODE_COLUMNS = (
    "thread", "used_bytes", "total_bytes", "limit_bytes", "old_bytes", "kept_bytes",
    "external_bytes", "array_buffers_bytes", "collections", "full_collections",
    "collecting_seconds",
)  # fmt: skip
Rows = list[list[object]]


def record(name: str, file: str) -> None:
    """Run one of `PROGRAMS` until it dies, or for twelve minutes, and write what was seen."""
    is_leak = name.endswith("-leak")
    with tempfile.TemporaryDirectory() as folder:
        is_node = name.startswith("node")
        process = (_start_node if is_node else _start_java)(Path(folder), PROGRAMS[name].split())
        began = time.monotonic()
        limit = LONGEST_SECONDS if is_leak else HEALTHY_SECONDS
        look = _NodeLook(process.pid, Path(folder)) if is_node else _JavaLook(process.pid)
        rows: Rows = []
        count = 0
        while process.poll() is None and time.monotonic() - began < limit:
            seconds = round(time.monotonic() - began, 1)
            with suppress(OSError, ValueError, KeyError, StopIteration):  # or it just died
                rows += [[seconds, *row] for row in look.read()]
            count += 1
            time.sleep(max(0.0, began + count * EVERY_SECONDS - time.monotonic()))
        died, life = process.poll(), time.monotonic() - began
        process.kill()
        process.wait()
    with gzip.open(file, "wt", newline="") as out:
        out.write(f"# {look.about} died={died} life={life:.1f} command={PROGRAMS[name]}\n")
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["t_s", *look.columns])
        table.writerows(rows)
    print(f"{name}: {life:.0f} s, exit {died}", file=sys.stderr)


def _start_java(folder: Path, arguments: list[str]) -> subprocess.Popen[bytes]:
    subprocess.run(["javac", "-d", str(folder), str(HERE / "Heaps.java")], check=True)
    return subprocess.Popen(["java", "-cp", str(folder), *arguments])


def _start_node(folder: Path, arguments: list[str]) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ, "MEMTRAY_HOME": str(folder), OPTIONS_VARIABLE: require_option(),
    }  # fmt: skip
    return subprocess.Popen(["node", *arguments], cwd=HERE, env=environment)


class _JavaLook:
    """Reads the counters of one virtual machine."""

    columns = ("rss_bytes", "anon_bytes", "own_shared_bytes", *JavaCounts._fields)

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._layout: JavaLayout | None = None

    @property
    def about(self) -> str:
        layout = self._layout
        generational = int(bool(layout and layout.is_generational))
        return f"collector={layout.collector if layout else '-'} generational={generational}"

    def read(self) -> Rows:
        """Raises: OSError, ValueError, StopIteration while there is nothing to read."""
        data = next(Path("/tmp").glob(f"hsperfdata_*/{self._pid}")).read_bytes()  # noqa: S108
        self._layout = self._layout or parse_layout(data)
        if self._layout is None:
            return []
        counts = read_counts(data, self._layout)
        figures = ["" if value is None else round(value, 3) for value in counts]
        return [[*_sizes(self._pid, "VmRSS", "RssAnon"), _own_shared(self._pid), *figures]]


class _NodeLook:
    """Reads the figures that the probe of one program writes."""

    about = "collector=V8"
    columns = ("rss_bytes", "anon_bytes", *_NODE_COLUMNS)

    def __init__(self, pid: int, folder: Path) -> None:
        self._pid, self._folder = pid, folder

    def read(self) -> Rows:
        """Raises: OSError, StopIteration while there is nothing to read."""
        data = next((self._folder / "run").glob(f"heap-{self._pid}-*")).read_bytes()
        sizes = _sizes(self._pid, "VmRSS", "RssAnon")
        slots = (struct.unpack_from("<16d", data, at) for at in range(32, len(data) - 127, 128))
        return [
            [*sizes, int(slot[1]) - 1, *map(int, slot[3:12]), round(slot[12], 3)]
            for slot in slots
            if slot[1]
        ]


def _sizes(pid: int, *names: str) -> list[int]:
    lines = (Path("/proc") / str(pid) / "status").read_text().splitlines()
    found = {
        name: int(rest.split()[0])
        for name, _, rest in (x.partition(":") for x in lines)
        if name in names
    }
    return [found[name] * 1024 for name in names]


def _own_shared(pid: int) -> int:
    lines = (Path("/proc") / str(pid) / "smaps_rollup").read_text().splitlines()
    return next((int(x.split()[1]) * 1024 for x in lines if x.startswith("Pss_Shmem")), 0)

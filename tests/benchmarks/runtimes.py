"""What it costs to know heaps from inside: `python -m tests.benchmarks.runtimes`.

Prints how long one look at a process takes that Java or Node.js runs (from files of real runs), as
the sampler does it for each, and what the script in a program of Node.js takes each second (by the
processor time of two programs that do nothing, one with it and one without; and by its own clock).
Asserts nothing. Linux only; the second part needs node.
"""

from __future__ import annotations

import gzip
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from trayapp.domain.records.samples import ProcessKey
from trayapp.guard.node_loader import OPTIONS_VARIABLE, PRELOAD, require_option
from trayapp.readers.procfile import read_started
from trayapp.readers.runtimes import RuntimeReader, heap_file_name

JAVA_FILES = Path(__file__).parents[1] / "readers" / "java"
LOOKS = 2000
NODE_SECONDS = 30.0
_IDLE = """
const before = process.cpuUsage();
setTimeout(() => {
  const used = process.cpuUsage(before);
  console.log((used.user + used.system) / 1000 / SECONDS);
}, SECONDS * 1000);
"""
_OWN_CLOCK = """
const fs = require("fs"), { performance } = require("perf_hooks"), real = setInterval;
const taken = [];
globalThis.setInterval = (work, ms) => real(() => {
  const began = performance.now();
  work();
  taken.push(performance.now() - began);
}, ms);
require(process.argv[1] || PROBE);
setTimeout(() => {
  taken.sort((one, other) => one - other);
  console.log(taken[taken.length >> 1], taken[taken.length - 1]);
  process.exit();
}, SECONDS * 1000);
"""


def main() -> None:
    """Print all of it."""
    print("| a look at a process | median | 99% |")
    print("| :-- | --: | --: |")
    for file in sorted(JAVA_FILES.glob("*.gz")):
        print(f"| {file.stem} | {_row(_look_at_java(file))} |")
    node = shutil.which("node")
    if node is None:
        print("no node here", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        print(f"| node, one thread | {_row(_look_at_node(node, Path(folder)))} |")
    with tempfile.TemporaryDirectory() as folder:
        _show_script(node, Path(folder))


def _row(taken: list[float]) -> str:
    taken.sort()
    median, high = statistics.median(taken), taken[len(taken) * 99 // 100]
    return f"{median * 1e6:.0f} µs | {high * 1e6:.0f} µs"


def _looks(reader: RuntimeReader, key: ProcessKey) -> list[float]:
    taken = []
    for second in range(LOOKS):
        began = time.perf_counter()
        found = reader.read([key], second / 100)
        taken.append(time.perf_counter() - began)
        if not found:
            raise SystemExit("it tells nothing")
    reader.close()
    return taken


def _look_at_java(file: Path) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        process = Path(folder) / str(os.getpid())
        counters = process / "root" / "tmp" / "hsperfdata_app"
        counters.mkdir(parents=True)
        (process / "stat").write_bytes(Path("/proc/self/stat").read_bytes())
        (process / "status").write_text(f"Name:\tjava\nNSpid:\t{os.getpid()}\t7\n")
        (counters / "7").write_bytes(gzip.decompress(file.read_bytes()))
        key = ProcessKey(os.getpid(), read_started("/proc", os.getpid()))
        return _looks(RuntimeReader(folder), key)


def _look_at_node(node: str, folder: Path) -> list[float]:
    process = _start(node, "setTimeout(() => {}, 60000)", folder, with_probe=True)
    try:
        key = ProcessKey(process.pid, read_started("/proc", process.pid))
        file = folder / "run" / heap_file_name(key)
        deadline = time.monotonic() + 30
        while not (file.exists() and any(file.read_bytes()[32:])) and time.monotonic() < deadline:
            time.sleep(0.05)
        return _looks(RuntimeReader(folder=folder / "run"), key)
    finally:
        process.kill()
        process.communicate()


def _show_script(node: str, folder: Path) -> None:
    idle = _IDLE.replace("SECONDS", str(NODE_SECONDS))
    both = [_start(node, idle, folder, with_probe=each) for each in (True, False)]
    with_probe, without = (float(each.communicate()[0]) for each in both)
    print(f"\nEach second of an idle program in Node.js, over {NODE_SECONDS:.0f} s:")
    print(f"processor time {with_probe:.2f} ms with the script, {without:.2f} ms without.")
    code = _OWN_CLOCK.replace("SECONDS", str(NODE_SECONDS)).replace("PROBE", repr(str(PRELOAD)))
    told = _start(node, code, folder, with_probe=False).communicate()[0].split()
    median, longest = map(float, told)
    print(f"By its own clock it takes {median:.2f} ms each second, {longest:.2f} ms at most.")


def _start(node: str, code: str, folder: Path, *, with_probe: bool) -> subprocess.Popen[str]:
    environment = {**os.environ, "MEMTRAY_HOME": str(folder)}
    if with_probe:
        environment[OPTIONS_VARIABLE] = require_option()
    return subprocess.Popen([node, "-e", code], stdout=subprocess.PIPE, text=True, env=environment)


if __name__ == "__main__":
    main()

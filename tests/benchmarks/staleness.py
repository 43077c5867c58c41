"""What asking for staleness costs: `python -m tests.benchmarks.staleness`.

Of programs of several sizes, what clearing the accessed marks and counting them takes of Memtray's
time, and how much longer the program's next pass over all its memory takes for it. Prints figures.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from trayapp.domain.records.referenced import ReferencedRequest
from trayapp.domain.records.samples import ProcessKey
from trayapp.readers.procfile import read_started
from trayapp.readers.referenced import ReferencedReader

SIZES_MIB = (16, 64, 256, 1024)
PASSES = 15
_PROGRAM = """
import mmap, sys, time
held = mmap.mmap(-1, int(sys.argv[1]) << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
if len(sys.argv) > 2:
    held.madvise(mmap.MADV_HUGEPAGE)
for at in range(0, len(held), 4096):
    held[at] = 1
print("ready", flush=True)
for _ in sys.stdin:
    began = time.perf_counter()
    held[::4096]
    print(time.perf_counter() - began, flush=True)
"""


def main() -> None:
    """Print one line for each size."""
    print(
        f"{'size':>9} {'pages':<6} {'clear, ms':>10} {'count, ms':>10}"
        f" {'pass, ms':>9} {'first pass after, ms':>21} {'lost, µs per MiB':>17}"
    )
    for size in SIZES_MIB:
        for huge in (False, True):
            _measure(size, huge=huge)


def _measure(size_mib: int, *, huge: bool) -> None:
    command = [sys.executable, "-c", _PROGRAM, str(size_mib), *(["huge"] if huge else [])]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        key = ProcessKey(child.pid, read_started("/proc", child.pid))
        reader = ReferencedReader()
        usual, after, clearing, counting = [], [], [], []

        def one_pass() -> float:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write("\n")
            child.stdin.flush()
            return float(child.stdout.readline())

        for _ in range(PASSES):
            one_pass()
            usual.append(one_pass())
            began = time.perf_counter()
            reader.carry_out(ReferencedRequest(key, clears=True))
            cleared = time.perf_counter()
            after.append(one_pass())
            counted = time.perf_counter()
            reader.carry_out(ReferencedRequest(key, clears=False))
            counting.append(time.perf_counter() - counted)
            clearing.append(cleared - began)
        child.stdin.close()
    lost = statistics.median(after) - statistics.median(usual)
    print(
        f"{size_mib:>5} MiB {'2 MiB' if huge else '4 KiB':<6}"
        f" {1e3 * statistics.median(clearing):>10.2f} {1e3 * statistics.median(counting):>10.2f}"
        f" {1e3 * statistics.median(usual):>9.2f} {1e3 * statistics.median(after):>21.2f}"
        f" {1e6 * lost / size_mib:>17.2f}"
    )


if __name__ == "__main__":
    main()

"""The program that `memtray demo` starts: it keeps a little more memory with every step.

Run as a file of its own by another Python, so only the standard library. Arguments: the most bytes
to keep, seconds to run, the pid of the demo, the pid of its Memtray, and the folder of its files.
It ends by itself; should the demo be killed, it ends the demo's Memtray and removes the folder.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path

BEGIN = "begin"
"""The file in the folder with whose appearance the leak begins."""
_STEP_SECONDS = 0.2
_END_SECONDS = 10.0


def main(most_bytes: int, seconds: float, demo_pid: int, memtray_pid: int, folder: Path) -> None:
    while not (folder / BEGIN).exists():
        if os.getppid() != demo_pid:
            _clean_up(memtray_pid, folder)
            return
        time.sleep(_STEP_SECONDS)
    kept: list[bytes] = []
    started = time.monotonic()
    step_bytes = max(1, int(most_bytes * _STEP_SECONDS / seconds))
    while time.monotonic() - started < seconds:
        if os.getppid() != demo_pid:
            _clean_up(memtray_pid, folder)
            return
        due = int((time.monotonic() - started) / _STEP_SECONDS)
        while len(kept) < due and len(kept) * step_bytes < most_bytes:
            # Written to, so that it is really in memory.
            kept.append(b"x" * step_bytes)
        time.sleep(_STEP_SECONDS)


def _clean_up(memtray_pid: int, folder: Path) -> None:
    with contextlib.suppress(OSError):
        os.kill(memtray_pid, signal.SIGTERM)
        deadline = time.monotonic() + _END_SECONDS
        while time.monotonic() < deadline:
            os.kill(memtray_pid, 0)
            time.sleep(_STEP_SECONDS)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(
        int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5])
    )

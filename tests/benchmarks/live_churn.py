"""How a running Memtray grows while 500 short processes a minute come and go, in real time.

    python -m tests.benchmarks.live_churn [--hours 10] [--per-minute 500] [--settle-minutes 60]

Memtray runs headless, as installed, with a home of its own. The processes live up to three seconds,
each has a name of its own; every twentieth holds 8 to 64 MiB, every tenth belongs to a target.
Prints a row every ten minutes, and at the end how much the lowest of ten minutes has grown since
the time to settle; ends by itself.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tests.benchmarks.churn import show
from trayapp.language.units import format_size

ROOT = Path(__file__).parents[2]
NOTE_EVERY_SECONDS = 10.0
ROW_SECONDS = 600.0
HOLD = "import sys, time; keep = b'x' * (int(sys.argv[1]) << 20); time.sleep(float(sys.argv[2]))"
SETTINGS = """
[delivery]
desktop = false
[[targets]]
name = "builds"
match = "build-"
"""


class Crowd:
    """Starts short processes at an even pace, and reaps them."""

    def __init__(self, folder: Path, per_minute: float) -> None:
        self._folder = folder
        self._pause_seconds = 60.0 / per_minute
        self._next = time.monotonic()
        self._random = random.Random(1)
        self._sleep = shutil.which("sleep") or "/bin/sleep"
        self._living: dict[subprocess.Popen[bytes], Path] = {}
        self.count = 0

    def turn(self) -> None:
        """Start what is due, reap what has ended, and wait for the next."""
        while time.monotonic() >= self._next:
            self._next += self._pause_seconds
            self._start()
        for process in [each for each in self._living if each.poll() is not None]:
            self._living.pop(process).unlink(missing_ok=True)
        time.sleep(max(0.0, self._next - time.monotonic()))

    def end(self) -> None:
        """End all."""
        for process, link in self._living.items():
            process.kill()
            process.wait()
            link.unlink(missing_ok=True)

    def _start(self) -> None:
        self.count += 1
        kind = "build" if self.count % 10 == 0 else "job"
        # The name of a process is that of the file it was started from.
        link = self._folder / f"{kind}-{self.count}"
        seconds = f"{self._random.uniform(0.02, 3.0):.2f}"
        if self.count % 20:
            link.symlink_to(self._sleep)
            command = [str(link), seconds]
        else:
            command = [sys.executable, "-S", "-c", HOLD]
            command += [str(self._random.randint(8, 64)), seconds, link.name]
        self._living[subprocess.Popen(command, stdin=subprocess.DEVNULL)] = link


def read_private(pid: int) -> tuple[int, int]:
    """Return private memory, and of that what is not of files, in bytes."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    fields = {line.split(":")[0]: line.split()[1] for line in text.splitlines()[1:]}
    private = int(fields["Private_Clean"]) + int(fields["Private_Dirty"])
    return private * 1024, int(fields["Anonymous"]) * 1024


def main() -> int:
    """Run it; return 1 if Memtray ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--per-minute", type=float, default=500.0)
    parser.add_argument("--settle-minutes", type=float, default=60.0)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="memtray-churn-") as name:
        home = Path(name)
        (home / "memtray.toml").write_text(SETTINGS)
        (home / "names").mkdir()
        env = {key: value for key, value in os.environ.items() if not key.startswith("XDG_RUN")}
        with subprocess.Popen(
            [sys.executable, "-m", "trayapp", "start", "--headless"],
            cwd=ROOT,
            env=env | {"MEMTRAY_HOME": name, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        ) as applet:
            crowd = Crowd(home / "names", options.per_minute)
            try:
                return run(applet, crowd, 3600 * options.hours, 60 * options.settle_minutes)
            finally:
                crowd.end()
                applet.terminate()
                with suppress(OSError):
                    show((home / "memtray.log").read_text()[-2000:])


def run(
    applet: subprocess.Popen[bytes], crowd: Crowd, seconds: float, settle_seconds: float
) -> int:
    """Let so much time pass; print rows and the growth."""
    show("| after | processes so far | private, lowest | highest | anonymous, lowest |")
    show("| --: | --: | --: | --: | --: |")
    began = time.monotonic()
    next_note, next_row = began + NOTE_EVERY_SECONDS, began + ROW_SECONDS
    notes: list[tuple[int, int]] = []
    floors: list[tuple[float, int, int]] = []
    while (now := time.monotonic()) < began + seconds:
        crowd.turn()
        if applet.poll() is not None:
            show(f"Memtray ended with code {applet.returncode}")
            return 1
        if now >= next_note:
            next_note += NOTE_EVERY_SECONDS
            notes.append(read_private(applet.pid))
        if now >= next_row and notes:
            next_row += ROW_SECONDS
            private, anonymous = (sorted(column) for column in zip(*notes, strict=True))
            floors.append((now - began, private[0], anonymous[0]))
            notes.clear()
            show(
                f"| {(now - began) / 60:.0f} min | {crowd.count} | {format_size(private[0])} | "
                f"{format_size(private[-1])} | {format_size(anonymous[0])} |"
            )
    later = [each for each in floors if each[0] >= settle_seconds]
    if len(later) > 1:
        private_bytes, anonymous_bytes = (later[-1][n] - later[0][n] for n in (1, 2))
        show(
            f"growth from {later[0][0] / 60:.0f} to {later[-1][0] / 60:.0f} min: private "
            f"{private_bytes / 1024:+.0f} KiB, anonymous {anonymous_bytes / 1024:+.0f} KiB"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the whole applet costs: `python -m tests.benchmarks.resident [--seconds 60]`.

With `--without-applications`, no history of those is kept.

In a virtual desktop with a real tray: ten targets, of which one moves so that the icon changes,
among 500 idle processes, one sample per second. Then icon updates as fast as the sampler allows.
Prints figures; asserts nothing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.costs import read_cpu_seconds, read_uss_bytes
from tests.desktop.desktop import VirtualDesktop, wait_until
from trayapp.language.units import format_size

IDLE_COUNT = 500
TARGET_COUNT = 10
START_SECONDS = 20.0
"""Processes are met for the first time, and looked at again."""
SETTLE_SECONDS = 150.0
"""Until caches and detectors have taken their room."""
MOVING = """
import mmap, time
while True:
    for size in range(4, 44, 4):
        block = mmap.mmap(-1, size << 20)
        for page in range(0, size << 20, 4096):
            block[page] = 1
        time.sleep({pause})
        block.close()
"""
SETTINGS = """
[sampling]
interval = "{interval}"
[icon]
shows = "moving"
span = "10s"
[history]
applications = {applications}
[spike]
enabled = false
[growth]
enabled = false
[[targets]]
name = "moving"
match = "block.close"
"""


class Reading:
    """The kernel's account of a process at one moment."""

    def __init__(self, pid: int) -> None:
        self.cpu_seconds = read_cpu_seconds(pid)
        self.seconds = time.monotonic()
        self.uss_bytes = read_uss_bytes(pid)
        fields = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
        self.written_bytes = int(fields["write_bytes"])


@contextmanager
def processes() -> Iterator[None]:
    """500 idle processes, nine idle targets and one that moves."""
    commands = [["sleep", "1000"]] * IDLE_COUNT
    commands += [["sleep", f"20{number}"] for number in range(TARGET_COUNT - 1)]
    running = [subprocess.Popen(command) for command in commands]
    try:
        yield
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.wait()


@contextmanager
def applet(desktop: VirtualDesktop, interval: str, *, applications: bool = True) -> Iterator[int]:
    """Run the applet with its icon in the tray; yields its pid."""
    pause = 1.0 if interval == "1s" else 0.2
    moving = subprocess.Popen([sys.executable, "-c", MOVING.format(pause=pause)])
    with tempfile.TemporaryDirectory() as home:
        targets = "".join(
            f'[[targets]]\nname = "idle {number}"\nmatch = "sleep 20{number}"\n'
            for number in range(TARGET_COUNT - 1)
        )
        switch = str(applications).lower()
        settings = SETTINGS.format(interval=interval, applications=switch) + targets
        Path(home, "memtray.toml").write_text(settings)
        command = (sys.executable, "-m", "trayapp", "start")
        app = desktop.launch(*command, env=desktop.env | {"MEMTRAY_HOME": home})
        try:
            desktop.find_tray_icon()
            yield pid_of(app)
        finally:
            app.terminate()
            app.wait(10)
            moving.kill()
            moving.wait()


def pid_of(app: subprocess.Popen[bytes]) -> int:
    """The applet's pid: what is launched becomes it by exec."""
    name = Path(f"/proc/{app.pid}/cmdline")
    wait_until(lambda: b"trayapp" in name.read_bytes(), what="start of the applet")
    return app.pid


def measure(desktop: VirtualDesktop, seconds: float, *, applications: bool) -> None:
    """Print the cost at one sample per second."""
    with applet(desktop, "1s", applications=applications) as pid:
        time.sleep(START_SECONDS)
        before = Reading(pid)
        time.sleep(seconds)
        after = Reading(pid)
    elapsed = after.seconds - before.seconds
    cpu = 100 * (after.cpu_seconds - before.cpu_seconds) / elapsed
    written = (after.written_bytes - before.written_bytes) / elapsed
    print(f"{TARGET_COUNT} targets, {IDLE_COUNT} idle processes, 1 sample/s, {elapsed:.0f} s:")
    print(f"  CPU of the resident process   {cpu:.2f} % of one core")
    print(f"  private memory (USS)          {format_size(after.uss_bytes)}")
    print(f"  written to disk               {format_size(written)}/s")


def measure_growth(desktop: VirtualDesktop, updates: int) -> None:
    """Print how the process grows while the icon changes five times a second.

    Private memory swings by about a mebibyte with what is buffered; growth is what the floor does,
    so the lowest of the first quarter is compared with the lowest of the last.
    """
    with applet(desktop, "200ms") as pid:
        time.sleep(SETTLE_SECONDS)
        sizes = []
        ends = time.monotonic() + updates * 0.2
        while time.monotonic() < ends:
            sizes.append(Reading(pid).uss_bytes)
            time.sleep(0.5)
    quarter = len(sizes) // 4
    floor_before, floor_after = min(sizes[:quarter]), min(sizes[-quarter:])
    print(f"about {updates} icon updates, 5 per second:")
    print(f"  private memory                {format_size(min(sizes))} to {format_size(max(sizes))}")
    print(f"  growth of its floor           {format_size(floor_after - floor_before)}")


def main() -> None:
    """Run both measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--updates", type=int, default=1000)
    parser.add_argument("--without-applications", action="store_true")
    options = parser.parse_args()
    with processes(), VirtualDesktop() as desktop:
        measure(desktop, options.seconds, applications=not options.without_applications)
        if options.updates:
            measure_growth(desktop, options.updates)


if __name__ == "__main__":
    main()

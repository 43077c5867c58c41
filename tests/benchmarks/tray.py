"""How fast tray and menu are: `python -m tests.benchmarks.tray`.

How long a change of a menu with fifty targets takes to compute and tell; how long from the start of
the process to the icon, on a session bus of its own with a pretended tray; and how long a host
waits that opens the menu, which shows figures of that moment. Prints figures; asserts nothing.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.desktop.desktop import wait_until
from trayapp.tray.hosts.dbusmenu import MenuObject
from trayapp.tray.hosts.menu_layout import LayoutBuilder, diff
from trayapp.tray.menus import Menu, MenuItem

TARGETS = 50
ROUNDS = 500
STARTS = 7
OPENINGS = 7


@dataclass(frozen=True)
class Spread:
    """Several measurements of one thing."""

    milliseconds: list[float]

    def __str__(self) -> str:
        found = sorted(self.milliseconds)
        return f"median {statistics.median(found):.2f} ms, worst {found[-1]:.2f} ms"


def menu_of(round_number: int) -> Menu:
    """A menu in which every target has other figures in every round."""

    def item(number: int) -> MenuItem:
        label = f"target {number}  ▁▂▃▄▅▆▇█▇▆  {round_number + number} MiB RSS ↗ +1.00 KiB/s"
        made = MenuItem(label, None)
        made.key = f"target:{number}"
        made.spoken = f"target {number}: {round_number} MiB"
        return made

    return Menu(*map(item, range(TARGETS)))


def cpu_times(action: Callable[[int], object]) -> Spread:
    """CPU time of this process for each round."""
    times = []
    for number in range(ROUNDS):
        started = time.process_time()
        action(number)
        times.append(1000 * (time.process_time() - started))
    return Spread(times)


def measure_menu() -> None:
    """Print what a change of the whole menu costs."""
    builder = LayoutBuilder()
    layouts = [builder.build(menu_of(number)) for number in range(ROUNDS + 1)]
    spread = cpu_times(lambda number: diff(layouts[number], layouts[number + 1]))
    print(f"diff of {TARGETS} targets, all changed: {spread} of CPU")
    menus = [menu_of(number) for number in range(ROUNDS)]
    current = menus[0]
    told = MenuObject(lambda: current, lambda message: message.serialise(serial=1), lambda _: None)

    def publish(number: int) -> None:
        nonlocal current
        current = menus[number]
        told.publish()

    spread = cpu_times(publish)
    print(f"the same from menu to message on the bus: {spread} of CPU")


@contextmanager
def session_bus() -> Iterator[str]:
    """A session bus of its own, which is this process's as well."""
    with tempfile.TemporaryDirectory() as folder:
        place = f"--address=unix:path={folder}/bus"
        command = ("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1")
        with subprocess.Popen((*command, place), stdout=subprocess.PIPE, text=True) as daemon:
            assert daemon.stdout
            address = os.environ["DBUS_SESSION_BUS_ADDRESS"] = daemon.stdout.readline().strip()
            yield address
            daemon.terminate()


def start_applet(home: Path) -> tuple[Any, subprocess.Popen[bytes], float]:
    """Start the applet; returns a tray that has its icon, the process, and milliseconds."""
    from tests.tray.hosts.test_status_notifier_icon import Watcher

    watcher = Watcher()
    env = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    started = time.perf_counter()
    process = subprocess.Popen(
        (sys.executable, "-m", "trayapp", "start"),
        env=env | {"MEMTRAY_HOME": str(home)},
        stdout=subprocess.DEVNULL,
    )
    while not watcher.item:
        watcher.hear()
    elapsed_ms = 1000 * (time.perf_counter() - started)
    watcher.await_item()
    return watcher, process, elapsed_ms


def measure_start(home: Path) -> None:
    """Print how long the icon takes to be there."""
    times = []
    for number in range(STARTS + 1):
        watcher, process, elapsed_ms = start_applet(home)
        watcher.connection.close()
        process.terminate()
        process.wait()
        if number:  # The first warms the machine.
            times.append(elapsed_ms)
    print(f"from the start of the process to the icon: {Spread(times)}")


def measure_opening(home: Path) -> None:
    """Print how long a host waits when somebody opens the menu."""
    watcher, process, _ = start_applet(home)

    def open_menu() -> float:
        started = time.perf_counter()
        watcher.ask(watcher.item, "/MenuBar", "com.canonical.dbusmenu.AboutToShow", "i", 0)
        return 1000 * (time.perf_counter() - started)

    wait_until(lambda: (home / "history.sqlite3").exists(), what="a first look")
    times = []
    for _ in range(OPENINGS):
        time.sleep(1.1)  # older than a second: each wants a look of its own
        times.append(open_menu())
    print(f"from opening the menu to figures of that moment: {Spread(times)}")
    watcher.connection.close()
    process.terminate()
    process.wait()


def main() -> None:
    """Measure and print."""
    measure_menu()
    with session_bus(), tempfile.TemporaryDirectory() as folder:
        measure_start(Path(folder))
        measure_opening(Path(folder))


if __name__ == "__main__":
    main()

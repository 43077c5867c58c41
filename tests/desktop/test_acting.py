"""Programs are ended from the windows: asked once, politely first, on a real screen."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.desktop.applet import REPOSITORY, Applet
from tests.desktop.desktop import Box, VirtualDesktop, wait_until
from tests.desktop.kept import keep

pytestmark = pytest.mark.desktop

EATER = """
import sys, time
keep = bytearray(60_000_000)
print("up", flush=True)
while True:
    time.sleep(60)
"""
DEAF = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + EATER
OPEN_SECONDS = 60
ROW = 30
FAMILY = """
import subprocess, sys, time
# They end with their parent, whose pipe they read.
command = [sys.executable, "-c", "import sys; keep = bytearray(9_000_000); sys.stdin.read()"]
pipe = subprocess.PIPE
children = [subprocess.Popen(command, stdin=pipe, stdout=subprocess.DEVNULL) for _ in range(2)]
print("up", flush=True)
while True:
    time.sleep(60)
"""
SETTINGS = """
[sampling]
interval = "0.5s"

[[targets]]
name = "acting"
match = "FOLDER/acting.py"
"""


@pytest.fixture(scope="module")
def desktop() -> Iterator[VirtualDesktop]:
    with VirtualDesktop(tray=None, notifier=None) as running:
        yield running


@pytest.fixture(scope="module")
def applet(desktop: VirtualDesktop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applet]:
    folder = tmp_path_factory.mktemp("acting")
    running = Applet(desktop, folder / "home", SETTINGS.replace("FOLDER", str(folder)))
    running.start("--headless")
    yield running
    assert running.stop() == 0


Start = Callable[..., subprocess.Popen[Any]]


@pytest.fixture
def start(applet: Applet) -> Iterator[Start]:
    """Starts the target's program, and waits until the applet knows it."""
    started: list[subprocess.Popen[Any]] = []

    def run(program: str, *before: str) -> subprocess.Popen[Any]:
        file = applet.home.parent / "acting.py"
        file.write_text(program)
        command = [*before, sys.executable, str(file)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, env=applet.env, cwd=REPOSITORY)
        started.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        wait_until(lambda: applet.target("acting")["pids"], timeout=60, what="the target")
        return child

    yield run
    for child in started:
        child.terminate()
        try:
            child.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()


@pytest.fixture
def table(desktop: VirtualDesktop, applet: Applet) -> Iterator[Callable[[], Box]]:
    """Opens the table with the target's row alone, and chosen."""
    opened: list[subprocess.Popen[Any]] = []

    def show() -> Box:
        command = (sys.executable, "-m", "trayapp", "table")
        opened.append(desktop.launch(*command, env=applet.env, cwd=REPOSITORY))
        box = desktop.find_window("Memtray.*Table", timeout=OPEN_SECONDS)
        wait_until(lambda: has_row(desktop, box), timeout=60, what="rows")
        for key in "acting":
            desktop.press(key)
        desktop.press("Down")
        return box

    yield show
    for process in opened:
        process.terminate()
        process.wait(60)


def has_row(desktop: VirtualDesktop, box: Box) -> bool:
    name = desktop.screenshot().crop(Box(box.x + 12, box.y + box.height - 325, 120, 22))
    return len({*name.rgb}) > 20


def choose(desktop: VirtualDesktop, steps: int) -> None:
    """Take a line of the menu of the chosen row, so many below the first."""
    desktop.window_after(lambda: desktop.press("shift+F10"))
    desktop.press(*["Down"] * steps, "Return")


def is_shown(desktop: VirtualDesktop, title: str) -> bool:
    search = ("xdotool", "search", "--onlyvisible", "--name", title)
    found = subprocess.run(search, env=desktop.env, capture_output=True, text=True)
    return bool(found.stdout.strip())


def question(desktop: VirtualDesktop, title: str) -> Box:
    return desktop.find_window(title, timeout=OPEN_SECONDS)


def test_a_program_is_ended_from_the_table(
    desktop: VirtualDesktop, start: Start, table: Callable[[], Box]
) -> None:
    child = start(EATER)
    table()
    # The one that does nothing has the keyboard: a stray Return ends nothing.
    choose(desktop, 2)
    question(desktop, "End acting")
    keep(desktop, "acting-end")
    desktop.press("Return")
    wait_until(lambda: not is_shown(desktop, "End acting"), what="no question")
    assert child.poll() is None
    choose(desktop, 2)
    question(desktop, "End acting")
    desktop.press("Left", "Return")
    assert child.wait(60) == -signal.SIGTERM
    wait_until(lambda: not is_shown(desktop, "End acting"), timeout=60, what="no question")
    keep(desktop, "acting-ended")


def test_force_is_offered_to_who_does_not_end(
    desktop: VirtualDesktop, start: Start, table: Callable[[], Box]
) -> None:
    child = start(DEAF)
    table()
    choose(desktop, 2)
    question(desktop, "End acting")
    desktop.press("Left", "Return")
    # After some seconds.
    question(desktop, "Force acting to end")
    assert child.poll() is None
    keep(desktop, "acting-force")
    desktop.press("Left", "Return")
    assert child.wait(60) == -signal.SIGKILL


def test_a_guarded_program_is_restarted_from_the_table(
    desktop: VirtualDesktop, applet: Applet, start: Start, table: Callable[[], Box]
) -> None:
    start(EATER, sys.executable, "-m", "trayapp", "run", "--probe", "off", "--")
    before = applet.target("acting")["pids"]
    table()
    choose(desktop, 2)
    question(desktop, "Restart acting")
    keep(desktop, "acting-restart")
    desktop.press("Left", "Return")

    def is_another() -> bool:
        pids = applet.target("acting")["pids"]
        return bool(pids) and pids != before

    wait_until(is_another, timeout=60, what="another process")
    wait_until(lambda: not is_shown(desktop, "Restart acting"), timeout=60, what="no question")


def test_one_process_of_a_program_is_ended_by_clicks_alone(
    desktop: VirtualDesktop, applet: Applet, start: Start, table: Callable[[], Box]
) -> None:
    """The triangle opens the row, the right button the menu of a process."""
    parent = start(FAMILY)
    wait_until(lambda: len(applet.target("acting")["pids"]) == 3, timeout=60, what="its family")
    box = table()
    first = box.y + box.height - 10 * ROW - 29

    def names() -> int:
        """How many rows show a name."""
        picture = desktop.screenshot()
        rows = (Box(box.x + 30, first + row * ROW + 4, 120, 22) for row in range(10))
        return sum(len({*picture.crop(row).rgb}) > 20 for row in rows)

    desktop.click(box.x + 14, first + ROW // 2)
    wait_until(lambda: names() == 4, timeout=60, what="three processes")
    keep(desktop, "acting-processes")
    # By memory, the parent, which holds the least, is the last.
    ended = set(applet.target("acting")["pids"]) - {parent.pid}
    menu = desktop.window_after(lambda: desktop.click(box.x + 60, first + ROW + ROW // 2, button=3))
    keep(desktop, "acting-process-menu")
    # "Details…", "Trends…", a line, "End…".
    desktop.click(menu.x + 30, menu.y + 67)
    dialog = question(desktop, "End Python")
    desktop.click(dialog.x + dialog.width - 115, dialog.y + dialog.height - 30)

    def left() -> set[int]:
        return set(applet.target("acting")["pids"])

    wait_until(lambda: len(left()) == 2, timeout=60, what="one process less")
    assert parent.pid in left()
    assert len(left() & ended) == 1
    wait_until(lambda: not is_shown(desktop, "End Python"), what="no question")
    wait_until(lambda: names() == 3, timeout=60, what="two processes")
    # The arrow to the left closes the row again.
    second = (box.x + 60, first + 2 * ROW + ROW // 2)
    desktop.window_after(lambda: desktop.click(*second, button=3))
    desktop.press("Escape", "Left")
    wait_until(lambda: names() == 1, timeout=60, what="the row alone")

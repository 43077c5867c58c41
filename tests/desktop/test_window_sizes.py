"""The size that a person gives a window is kept, and forgotten on request."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.applet import REPOSITORY, Applet
from tests.desktop.desktop import VirtualDesktop, wait_until
from tests.desktop.kept import keep

pytestmark = pytest.mark.desktop

TITLE = "Memtray .* Settings"
SECONDS = 30


@pytest.fixture(scope="module")
def desktop() -> Iterator[VirtualDesktop]:
    with VirtualDesktop(tray=None, notifier=None) as running:
        yield running


@pytest.fixture
def applet(desktop: VirtualDesktop, tmp_path: Path) -> Iterator[Applet]:
    running = Applet(desktop, tmp_path / "home", '[[targets]]\nname = "web"\nmatch = "nothing"\n')
    running.start("--headless")
    yield running
    running.stop()


def open_window(desktop: VirtualDesktop, applet: Applet) -> subprocess.Popen[bytes]:
    command = (sys.executable, "-m", "trayapp", "settings", "--light")
    process = desktop.launch(*command, env=applet.env, cwd=REPOSITORY)
    desktop.find_window(TITLE, timeout=SECONDS)
    return process


def resize(desktop: VirtualDesktop, width: int, height: int) -> None:
    search = ["xdotool", "search", "--onlyvisible", "--name", TITLE, "windowsize"]
    subprocess.run([*search, str(width), str(height)], env=desktop.env, check=True)


def size(desktop: VirtualDesktop) -> tuple[int, int]:
    box = desktop.find_window(TITLE, timeout=SECONDS)
    return box.width, box.height


def test_the_size_that_a_person_gave_a_window_is_kept(
    desktop: VirtualDesktop, applet: Applet
) -> None:
    file = applet.home / "windows" / "settings-size.json"
    process = open_window(desktop, applet)
    usual = size(desktop)
    box = desktop.find_window(TITLE, timeout=SECONDS)
    wait_until(lambda: len({*desktop.screenshot().crop(box).rgb}) > 20, SECONDS, "the page")
    resize(desktop, 780, 500)
    wait_until(lambda: size(desktop) == (780, 500), SECONDS, "the new size")
    keep(desktop, "settings window resized")
    desktop.press("ctrl+w")
    assert process.wait(20) == 0
    assert json.loads(file.read_text()) == {"width": 780, "height": 500}
    process = open_window(desktop, applet)
    wait_until(lambda: size(desktop) == (780, 500), SECONDS, "the size before")
    desktop.press("ctrl+w")
    assert process.wait(20) == 0
    file.unlink()
    process = open_window(desktop, applet)
    wait_until(lambda: size(desktop) == usual, SECONDS, "the usual size")
    desktop.press("ctrl+w")
    assert process.wait(20) == 0

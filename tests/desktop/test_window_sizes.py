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
SECONDS = 60


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
    assert process.wait(60) == 0
    assert json.loads(file.read_text()) == {"width": 780, "height": 500}
    process = open_window(desktop, applet)
    wait_until(lambda: size(desktop) == (780, 500), SECONDS, "the size before")
    desktop.press("ctrl+w")
    assert process.wait(60) == 0
    file.unlink()
    process = open_window(desktop, applet)
    wait_until(lambda: size(desktop) == usual, SECONDS, "the usual size")
    desktop.press("ctrl+w")
    assert process.wait(60) == 0


REFUSED = """
import sys
from pathlib import Path
from trayapp.settings.editor import SettingsEditor
from trayapp.windows.applet_client import Applet
from trayapp.tray.preview import preview_png
from trayapp.windows.settings_window import SettingsWindow
file = Path(sys.argv[1])
file.write_text("")
applet = Applet(file.parent)
window = SettingsWindow(SettingsEditor(file), applet, None, print, preview_png, dark=False)
window.show()
window.root.update()
window._go_to("alerts")
window.root.update()
window._written()
said = [window._status.get()]
window.root.update()
window._rows[1]._show_error("is wrong")
said.append(window._status.get())
ways = (lambda _: window._written(), window._show_effect, window._show_no_effect)
for tell in ways:
    tell({})
    said.append(window._status.get())
window._rows[1]._show_error(None)
window._written()
said.append(window._status.get())
print(*said, sep="|")
"""


def test_nothing_is_called_saved_while_something_is_marked_in_red(
    desktop: VirtualDesktop, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", REFUSED, str(tmp_path / "memtray.toml")],
        env=desktop.env | {"MEMTRAY_HOME": str(tmp_path), "LANGUAGE": "en"}, cwd=REPOSITORY,
        timeout=60, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, *refused, last = done.stdout.strip().split("|")
    assert first == last == "Saved."
    assert refused == ["⚠ Values marked in red were not saved."] * 4

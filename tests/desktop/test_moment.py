"""A click on a banner opens the trends at the moment that it tells of."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.desktop.applet import Applet
from tests.desktop.desktop import VirtualDesktop, wait_until

pytestmark = pytest.mark.desktop

JUMP = """
import time
kept = bytearray(20_000_000)
time.sleep(7)
kept += bytearray(90_000_000)
time.sleep(600)
"""
SETTINGS = """
[sampling]
interval = "1s"
[[targets]]
name = "jumper"
match = "jumping_program"
"""


def arguments_of_trends() -> list[str]:
    """The command line of the trend window, if one runs."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if "trends" in words and "jumper" in words:
            return words
    return []


def test_a_banner_opens_the_trends_at_its_moment(tmp_path: Path) -> None:
    program = tmp_path / "jumping_program.py"
    program.write_text(JUMP)
    with VirtualDesktop(tray=None, notifier="dunst") as desktop:
        applet = Applet(desktop, tmp_path / "home", SETTINGS)
        applet.start("--headless")
        desktop.launch(sys.executable, str(program))
        began = time.time()
        banner = desktop.window_after(lambda: None, timeout=60)
        desktop.click(*banner.center)
        desktop.find_window("Memtray .* Trends", timeout=40)
        words = wait_until(arguments_of_trends, what="the window's command")
        moment = float(words[words.index("--at") + 1])
        assert began <= moment <= time.time()
        assert words[-2:] == ["jumper", ""]
        assert applet.stop() == 0

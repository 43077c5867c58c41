"""The window that shows where memory goes, on a real screen."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.desktop import Box, VirtualDesktop, wait_until
from tests.desktop.shots import save_shot
from trayapp.charts.palette import DARK, LIGHT, Palette
from trayapp.domain.records.colors import parse_color
from trayapp.language.units import MIB

pytestmark = pytest.mark.desktop

TITLE = "Where memory goes"
REPOSITORY = Path(__file__).parent.parent.parent
READ_CLIPBOARD = """
import sys, tkinter
root = tkinter.Tk()
root.withdraw()
try:
    sys.stdout.write(root.clipboard_get())
except tkinter.TclError:
    pass
"""


@pytest.fixture(scope="module")
def desktop() -> Iterator[VirtualDesktop]:
    with VirtualDesktop(tray=None, notifier=None) as running:
        yield running


def has_colors(desktop: VirtualDesktop, box: Box, palette: Palette) -> bool:
    """Whether programs and page cache are in the bar, each in its colour."""
    picture = desktop.screenshot().crop(Box(box.x, box.y + 20, box.width, 80))
    pixels = {
        tuple(picture.rgb[at : at + 3])
        for at in range(0, len(picture.rgb), 3)
    }  # fmt: skip
    return {tuple(parse_color(color)) for color in palette.lines[:2]} <= pixels


def test_all_memory_is_in_a_bar_and_a_tree_and_can_be_copied(
    desktop: VirtualDesktop, tmp_path: Path
) -> None:
    """Needs no running Memtray; what we hold is named in what is copied."""
    name = f"memtray-{secrets.token_hex(4)}"
    held = os.memfd_create(name)
    env = desktop.env | {"MEMTRAY_HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY)}
    try:
        os.write(held, b"x" * (9 * MIB))
        command = (sys.executable, "-m", "trayapp", "where", "--window", "--light")
        window = desktop.launch(*command, env=env, cwd=REPOSITORY)
        box = desktop.find_window(TITLE, timeout=60)
        wait_until(lambda: has_colors(desktop, box, LIGHT), timeout=60, what="bar of all memory")
        save_shot(desktop, "where", tmp_path)
        # The first button; the tree has the keys at first.
        desktop.click(box.x + 60, box.y + box.height - 30)

        def copied() -> str:
            code = (sys.executable, "-c", READ_CLIPBOARD)
            done = subprocess.run(code, env=env, capture_output=True, text=True, timeout=60)
            return done.stdout if "of memory" in done.stdout else ""

        text = wait_until(copied, timeout=60, what="copied text")
        assert name in text
        assert "Unexplained" in text
        desktop.press("ctrl+d")
        wait_until(lambda: has_colors(desktop, box, DARK), timeout=60, what="dark colours")
        desktop.press("Escape")
        assert window.wait(60) == 0
    finally:
        os.close(held)

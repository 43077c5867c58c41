"""A tray's loop that hangs is reported by everybody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.campaigns.faults import FaultyApplet
from tests.desktop.desktop import VirtualDesktop

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def desktop() -> Iterator[VirtualDesktop]:
    with VirtualDesktop() as started:
        yield started


def test_a_loop_that_hangs_is_told(desktop: VirtualDesktop, tmp_path: Path) -> None:
    applet = FaultyApplet(tmp_path / "home", "--tray", environment=desktop.env)
    assert desktop.find_tray_icon()
    applet.inject("hang", "tray", "8")
    assert applet.wait(lambda seen: seen["hanging"] == ["tray"], 15)
    done = applet.run("status")
    assert done.returncode == 1
    assert "tray icon" in done.stdout
    assert applet.wait(lambda seen: not seen["hanging"], 20)
    assert applet.run("status").returncode == 0
    assert "tray does not respond: it is in " in (applet.home / "memtray.log").read_text()
    assert applet.end() == 0

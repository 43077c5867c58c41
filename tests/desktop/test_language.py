"""The applet in another language, as a person meets it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.desktop.applet import Applet
from tests.desktop.desktop import VirtualDesktop, wait_until

pytestmark = pytest.mark.desktop

SETTINGS = """
[sampling]
interval = "1s"
[ui]
language = "{language}"
[[targets]]
name = "postgres"
match = "limited_program"
limit = "20MB"
[[targets]]
name = "nginx"
match = "no such program"
"""
PROGRAM = "kept = bytearray(40_000_000); import time; time.sleep(600)  # limited_program"


@pytest.mark.parametrize(
    ("language", "quit_label", "running"), [("de", "Memtray beenden", "läuft nicht")]
)
def test_menu_and_banner_are_in_the_chosen_language(
    language: str, quit_label: str, running: str, tmp_path: Path
) -> None:
    with VirtualDesktop(notifier="xfce4-notifyd") as desktop:
        applet = Applet(desktop, tmp_path / "home", SETTINGS.format(language=language))
        applet.start()
        banner = desktop.window_after(
            lambda: desktop.launch(sys.executable, "-c", PROGRAM), timeout=60
        )
        assert banner.width > 300
        (told,) = wait_until(desktop.notifications, what="banner")
        assert "postgres" in told.title
        assert told.title != "postgres is over its limit"
        labels = applet.labels()
        assert quit_label in labels
        assert any("nginx" in label and running in label for label in labels)
        icon = desktop.find_tray_icon()
        desktop.window_after(lambda: desktop.click(*icon.center, button=3))
        desktop.screenshot(tmp_path / f"{language}.png")
        assert applet.stop() == 0

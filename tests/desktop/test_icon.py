"""What the settings say of the icon, on a real panel."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desktop.applet import Applet
from tests.desktop.desktop import VirtualDesktop, wait_until

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]

BARS = """
[icon]
shows = "memtray"
span = "30s"
palette = "custom"
normal_color = "#ffe000"
"""
NUMBER = BARS + 'number = "instead"\n'


def test_colours_number_and_what_is_shown_follow_the_settings(tmp_path: Path) -> None:
    with VirtualDesktop(notifier=None) as desktop:
        applet = Applet(desktop, tmp_path / "home", BARS)
        applet.start()

        def yellow_rows() -> list[int]:
            """How much of each row of the icon is in the colour that was chosen."""
            box = desktop.find_tray_icon()
            shot = desktop.screenshot().crop(box)
            rows = [
                shot.rgb[3 * shot.width * y : 3 * shot.width * (y + 1)] for y in range(shot.height)
            ]
            return [row.count(b"\xff\xe0\x00") for row in rows]

        # Memtray's own bars stand at half height, as it does not grow by much.
        wait_until(lambda: any(yellow_rows()), 60, what="bars in yellow")
        assert max(yellow_rows()) <= 9
        (told,) = [label for label in applet.labels() if "hard to see" in label]
        assert "icon.normal_color" in told
        (applet.home / "memtray.toml").write_text(NUMBER)
        # The foot of a 0 is broader than any bar, and joined.
        wait_until(lambda: len(yellow_rows()) >= 14, 60, what="a number in yellow")
        assert applet.stop() == 0

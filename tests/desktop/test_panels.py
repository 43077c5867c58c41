"""The applet in the panels of three desktops: seen, hovered, its menu opened, its panel killed.

Pictures of each are left behind to be looked at; see `tests.desktop.shots`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.applet import Applet
from tests.desktop.desktop import Box, wait_until
from tests.desktop.panels import PANELS, PanelDesktop
from tests.desktop.shots import save_shot

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]

SETTINGS = """
[sampling]
interval = "0.5s"
[tray]
middle_click = "pause"
[[targets]]
name = "screen"
match = "Xvfb"
[[targets]]
name = "full"
match = "dbus-daemon"
limit = "1MiB"
"""
AWAY = (100, 700)
LOOKS = [(dark, scale) for dark in (False, True) for scale in (1, 2)]


@pytest.fixture
def applet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Applet]:
    panel, dark, scale = request.param
    with PanelDesktop(panel, dark=dark, scale=scale) as desktop:
        made = Applet(desktop, tmp_path / "home", SETTINGS)
        made.start()
        yield made
        assert made.stop() == 0


@pytest.mark.parametrize(
    "applet",
    [pytest.param((panel, *look), id=f"{panel}-{look}") for panel in PANELS for look in LOOKS],
    indirect=True,
)
def test_icon_tooltip_and_menu_are_there_to_see(applet: Applet, tmp_path: Path) -> None:
    desktop = applet.desktop
    assert isinstance(desktop, PanelDesktop)
    name = f"{desktop.tray}-{'dark' if desktop.dark else 'light'}-{desktop.scale}x"
    icon = desktop.find_tray_icon(20)
    assert icon.height >= 12 * desktop.scale
    tooltip = desktop.window_after(lambda: desktop.hover(*icon.center), 20)
    below = tooltip.center[0], tooltip.y + tooltip.height // 2
    save_shot(desktop, f"{name}-tooltip", tmp_path)
    desktop.hover(*AWAY)
    wait_until(lambda: not any(desktop.screenshot().pixel(*below)), 60, "closed tooltip")
    menu = desktop.window_after(lambda: desktop.click(*icon.center, button=3), 20)
    assert menu.height > 300 * desktop.scale
    save_shot(desktop, f"{name}-menu", tmp_path)
    desktop.press("Escape")


@pytest.mark.parametrize(
    "applet", [pytest.param((panel, False, 1), id=panel) for panel in PANELS], indirect=True
)
def test_wheel_middle_button_open_menu_and_a_new_panel(applet: Applet) -> None:
    desktop = applet.desktop
    center = desktop.find_tray_icon(20).center

    def shown() -> object:
        return applet.status()["tray"]["shows"]

    # XFCE heeds only wheels that turn in fractions, which the desktop's pretended mouse has not.
    turns = ((5, "screen"), (5, "full"), (4, "screen")) if desktop.tray != "xfce4-panel" else ()
    for button, what in turns:
        time.sleep(0.2)  # turns that come faster count as one
        desktop.click(*center, button=button)
        wait_until(lambda what=what: shown() == what, 20, what)  # type: ignore[misc]
    desktop.click(*center, button=2)
    wait_until(lambda: applet.status()["paused"], 60, "pause by the middle button")
    menu = desktop.window_after(lambda: desktop.click(*center, button=3), 20)
    desktop.hover(*AWAY)
    inside = Box(menu.x + 4, menu.y + 4, menu.width // 2, menu.height - 8)
    before = desktop.screenshot().crop(inside)
    applet.command("resume")
    wait_until(lambda: desktop.screenshot().crop(inside) != before, 60, "change in the open menu")
    assert any(desktop.screenshot().pixel(*menu.center))
    desktop.press("Escape")
    desktop.stop_tray()
    wait_until(lambda: not applet.status()["tray"]["visible"], 60, "icon gone")
    desktop.start_tray()
    wait_until(lambda: applet.status()["tray"]["visible"], 60, "icon back")
    desktop.find_tray_icon(20)

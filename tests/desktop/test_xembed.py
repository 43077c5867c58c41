"""The icon in a tray that knows only X11's older protocol: seen, hovered, its menu used by keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.applet import Applet
from tests.desktop.desktop import Box, VirtualDesktop, wait_until
from tests.desktop.shots import save_shot

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]

SETTINGS = """
[sampling]
interval = "1s"
[tray]
middle_click = "pause"
[[targets]]
name = "screen"
match = "Xvfb"
"""
AWAY = (100, 700)
CHOSEN = (0xD7, 0xE6, 0xFB)
"""What is behind the entry of the menu that a key would choose."""


@pytest.fixture(params=[1, 2], ids=["scale1", "scale2"])
def desktop(request: pytest.FixtureRequest) -> Iterator[VirtualDesktop]:
    scale = request.param
    with VirtualDesktop(tray="trayer", scale=scale, size=(1280 * scale, 800 * scale)) as made:
        yield made


def icon_center(desktop: VirtualDesktop) -> tuple[int, int]:
    """The middle of the icon; only its bars are to be seen, at the bottom."""
    box = desktop.find_tray_icon(20)
    return box.x + box.width // 2, 16 * desktop.scale


def is_lit(desktop: VirtualDesktop, place: tuple[int, int]) -> bool:
    """Whether anything is there on the black of the screen."""
    return any(desktop.screenshot().pixel(*place))


def open_menu(desktop: VirtualDesktop, center: tuple[int, int]) -> Box:
    """Open the menu and go to its last entry by keys."""
    menu = desktop.window_after(lambda: desktop.click(*center, button=3), 20)
    last = menu.x + menu.width - 8 * desktop.scale, 0
    rows = range(menu.y + menu.height - 40 * desktop.scale, menu.y + menu.height)

    def is_at_the_end() -> bool:
        # A key before the menu holds the keyboard is lost, so that one may not be enough.
        desktop.press("Up")
        picture = desktop.screenshot()
        return any(picture.pixel(last[0], row) == CHOSEN for row in rows if row < picture.height)

    wait_until(is_at_the_end, 60, "menu that follows keys")
    return menu


def test_an_older_tray_has_everything_too(desktop: VirtualDesktop, tmp_path: Path) -> None:
    applet = Applet(desktop, tmp_path / "home", SETTINGS)
    applet.start()
    wait_until(lambda: applet.status()["tray"]["visible"], 60, "icon")
    center = icon_center(desktop)

    tooltip = desktop.window_after(lambda: desktop.hover(*center), 20)
    assert tooltip.height > 30 * desktop.scale  # two lines
    save_shot(desktop, f"trayer-{desktop.scale}x-tooltip", tmp_path)
    desktop.hover(*AWAY)

    wait_until(lambda: not is_lit(desktop, tooltip.center), 60, "closed tooltip")

    desktop.click(*center, button=5)
    wait_until(lambda: applet.status()["tray"]["shows"] == "screen", 60, "turn of the wheel")
    desktop.click(*center, button=2)
    wait_until(lambda: applet.status()["paused"], 60, "click by the middle button")
    applet.command("resume")

    menu = open_menu(desktop, center)
    save_shot(desktop, f"trayer-{desktop.scale}x-menu", tmp_path)
    desktop.press("Escape")
    wait_until(lambda: not is_lit(desktop, menu.center), 60, "closed menu")

    desktop.stop_tray()
    wait_until(lambda: not applet.status()["tray"]["visible"], 60, "icon gone")
    desktop.start_tray()
    wait_until(lambda: applet.status()["tray"]["visible"], 60, "icon back")

    open_menu(desktop, icon_center(desktop))
    desktop.press("Return")
    assert applet.process
    assert applet.process.wait(60) == 0
    wait_until(lambda: desktop.tray_box() is None, 60, "empty tray")


def test_without_a_session_bus_a_tray_that_starts_later_is_waited_for(tmp_path: Path) -> None:
    """Who has an older tray may well have no session bus, and starts the panel when it pleases."""
    with VirtualDesktop(tray="trayer") as desktop:
        desktop.stop_tray()
        applet = Applet(desktop, tmp_path / "home", SETTINGS)
        del applet.env["DBUS_SESSION_BUS_ADDRESS"]
        # The same screen by another name: nobody on it is asked for its bus.
        applet.env["DISPLAY"] = f"unix/{desktop.env['DISPLAY']}"
        applet.start()
        assert not applet.status()["tray"]["visible"]
        desktop.start_tray()
        wait_until(lambda: applet.status()["tray"]["visible"], 60, "icon")
        icon_center(desktop)
        assert applet.stop() == 0

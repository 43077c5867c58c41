"""The icon on a real panel: seen, hovered, clicked, restarted under it."""

from __future__ import annotations

import itertools
import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.desktop.desktop import Box, Screenshot, VirtualDesktop, wait_until
from trayapp.domain.records.levels import Level
from trayapp.domain.showing.menu import IconPicture
from trayapp.tray.drawing import draw_icon, layout

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]

ROWS = 6
"""Entries of the driver's menu; without separators, so that all are equally high."""
AWAY = (100, 300)
_ROUNDING = 2


class Driver:
    """A process with an icon (see tray_driver.py): tell it states, hear its events."""

    def __init__(self, desktop: VirtualDesktop) -> None:
        command = (sys.executable, "-m", "tests.desktop.tray_driver")
        pipe = subprocess.PIPE
        self.process = desktop.launch(*command, stdin=pipe, stdout=pipe, text=True)
        self._events: queue.SimpleQueue[list[Any]] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def tell(self, **state: Any) -> None:
        assert self.process.stdin
        print(json.dumps(state), file=self.process.stdin, flush=True)

    def expect(self, *event: Any) -> None:
        """Wait for the next event, which must be this one."""
        assert self._events.get(timeout=40) == list(event)

    def end(self) -> int:
        """Send SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(40)
        for stream in (self.process.stdin, self.process.stdout):
            assert stream
            stream.close()
        return status

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._events.put(json.loads(line))


@pytest.fixture(params=[1, 2], ids=["scale1", "scale2"])
def desktop(request: pytest.FixtureRequest) -> Iterator[VirtualDesktop]:
    with VirtualDesktop(scale=request.param, notifier=None) as made:
        yield made


@pytest.fixture
def driver(desktop: VirtualDesktop) -> Iterator[Driver]:
    made = Driver(desktop)
    made.expect("backend", "sni", True)
    made.expect("visible", True)
    yield made
    assert made.end() == 0
    desktop.hover(*AWAY)
    wait_until(lambda: desktop.tray_box() is None, what="empty tray")


def full_bars(desktop: VirtualDesktop) -> Box | None:
    """Where the icon is, once its bars are as high as it can be."""
    box = desktop.tray_box()
    return box if box and box.height == desktop.icon_size * desktop.scale else None


def columns(picture: Screenshot, y: int) -> list[tuple[int, int, int]]:
    return [picture.pixel(x, y) for x in range(picture.width)]


def slot_of(icon: Box, desktop: VirtualDesktop) -> Box:
    """The whole square of an icon of which only the bars are to be seen."""
    size = desktop.icon_size * desktop.scale
    return Box(icon.x - layout(size).left, icon.y + icon.height - size, size, size)


def test_ten_bars_are_on_the_panel(desktop: VirtualDesktop, driver: Driver) -> None:
    """In the pixels of the panel: ten even bars, and each level as it was drawn."""
    size = desktop.icon_size * desktop.scale
    driver.tell(heights=[100] * 10)

    box = wait_until(lambda: full_bars(desktop), what="full bars")
    assert box is not None
    grid = layout(size)
    found = [
        (color, len(list(group)))
        for color, group in itertools.groupby(columns(desktop.screenshot().crop(box), size // 2))
    ]
    assert len(found) == 19
    assert {width for _, width in found[0::2]} == {grid.bar}
    assert {width for _, width in found[1::2]} == {grid.gap}
    slot = slot_of(box, desktop)
    panel = found[1][0]
    for look in (
        IconPicture(heights=(100,) * 10, level=Level.CRITICAL),
        IconPicture(heights=(100,) * 10, level=Level.EMERGENCY),
        IconPicture(heights=(100,) * 10, level=Level.EMERGENCY, palette="safe"),
        IconPicture(heights=(100,) * 10, palette="mono"),
        IconPicture(heights=(None,) * 10, paused=True),
    ):
        driver.tell(**asdict(look))
        drawn_look = draw_icon(replace(look, panel="light"), size)
        wait_until(partial(shows, desktop, slot, on_background(drawn_look, panel)), what=f"{look}")


def test_the_icon_follows_the_panel_into_the_dark_and_back(
    desktop: VirtualDesktop, driver: Driver
) -> None:
    size = desktop.icon_size * desktop.scale
    picture = IconPicture(heights=(100,) * 10)
    driver.tell(heights=picture.heights)
    box = wait_until(lambda: full_bars(desktop), what="full bars")
    assert box is not None
    slot = slot_of(box, desktop)

    def is_drawn_for(panel: str) -> bool:
        shot = desktop.screenshot()
        drawn = draw_icon(replace(picture, panel=panel), size)
        return shows(desktop, slot, on_background(drawn, shot.pixel(slot.x - 1, slot.y)))

    for dark, panel in (("true", "dark"), ("false", "light")):
        command = ("xfconf-query", "-c", "xfce4-panel", "-p", "/panels/dark-mode", "-n")
        subprocess.run((*command, "-t", "bool", "-s", dark), env=desktop.env, check=True)
        wait_until(partial(is_drawn_for, panel), 60, what=f"icon for a {panel} panel")


def on_background(icon: Image.Image, color: tuple[int, int, int]) -> bytes:
    """The RGB pixels of an icon on a panel of one color."""
    panel = Image.new("RGB", icon.size, color)
    panel.paste(icon, (0, 0), icon)
    return panel.tobytes()


def shows(desktop: VirtualDesktop, box: Box, rgb: bytes) -> bool:
    """Whether that is on the screen; panels round what is half transparent in their own way."""
    shown = desktop.screenshot().crop(box).rgb
    return max(abs(a - b) for a, b in zip(shown, rgb, strict=True)) <= _ROUNDING


def test_the_tooltip_shows_strangers_names_as_they_are(
    desktop: VirtualDesktop, driver: Driver
) -> None:
    icon = desktop.find_tray_icon()
    plain = desktop.window_after(lambda: desktop.hover(*icon.center))
    before = desktop.screenshot().crop(plain)
    desktop.hover(*AWAY)
    wait_until(lambda: desktop.screenshot().crop(plain) != before, what="closed tooltip")
    driver.tell(tooltip="Memtray: 42 %\na_b &amp; &lt;c&gt;: 120 MiB\n<b>third</b> line")
    taller = desktop.window_after(lambda: desktop.hover(*icon.center))
    assert taller.height > plain.height
    assert taller.width > plain.width
    assert before != desktop.screenshot().crop(taller)
    desktop.hover(*AWAY)


def test_every_click_arrives_as_its_key(desktop: VirtualDesktop, driver: Driver) -> None:
    icon = desktop.find_tray_icon()
    desktop.click(*icon.center)
    driver.expect("action", "trends")

    def open_menu() -> Box:
        return desktop.window_after(lambda: desktop.click(*icon.center, button=3))

    for row, key in ((1, "target:a_b"), (2, "trends"), (3, "autostart")):
        desktop.click(*open_menu().row(row, of=ROWS))
        driver.expect("action", key)
    for row, key in ((0, "alerts:on"), (1, "alerts:off")):
        alerts = open_menu().row(4, of=ROWS)
        submenu = desktop.window_after(partial(desktop.click, *alerts))
        desktop.click(*submenu.row(row, of=2))
        driver.expect("action", key)
    desktop.click(*open_menu().row(5, of=ROWS))
    driver.expect("action", "quit")
    driver.expect("end")


def test_an_open_menu_changes_in_place(desktop: VirtualDesktop, driver: Driver) -> None:
    icon = desktop.find_tray_icon()
    menu = desktop.window_after(lambda: desktop.click(*icon.center, button=3))
    row_height = menu.height // ROWS

    def look_at(row: int) -> Screenshot:
        inside = Box(menu.x + 4, menu.y + row * row_height, menu.width - 8, row_height)
        return desktop.screenshot().crop(inside)

    def await_change(row: int, before: Screenshot) -> Screenshot:
        wait_until(lambda: look_at(row) != before, what=f"change in row {row}")
        return look_at(row)

    desktop.hover(*AWAY)
    figures, trends = look_at(0), look_at(2)
    for number in range(20):
        driver.tell(labels={"system": f"Memory {number} % – it changed"})
        figures = await_change(0, figures)
    assert look_at(2) == trends
    unmarked = look_at(3)
    driver.tell(checked={"autostart": True})
    await_change(3, unmarked)
    assert look_at(2) == trends
    # An entry that is gone stays until the menu is closed: nothing moves under the pointer.
    driver.tell(without=["target:a_b"], labels={"system": "Memory 99 % – last change"})
    await_change(0, figures)
    assert look_at(2) == trends
    desktop.click(*menu.row(2, of=ROWS))
    driver.expect("action", "trends")
    desktop.hover(*AWAY)
    shorter = desktop.window_after(lambda: desktop.click(*icon.center, button=3))
    assert shorter.height < menu.height
    desktop.click(*shorter.row(1, of=ROWS - 1))
    driver.expect("action", "trends")


def test_the_icon_comes_back_with_the_panel(desktop: VirtualDesktop, driver: Driver) -> None:
    first = desktop.find_tray_icon()
    for _ in range(2):
        desktop.stop_tray()
        driver.expect("visible", False)
        desktop.start_tray()
        driver.expect("visible", True)
        assert desktop.find_tray_icon() == first
    desktop.click(*first.center)
    driver.expect("action", "trends")


def test_the_icon_comes_with_a_panel_that_starts_later(desktop: VirtualDesktop) -> None:
    desktop.stop_tray()
    driver = Driver(desktop)
    driver.expect("backend", "sni", False)
    driver.expect("visible", False)
    desktop.start_tray()
    driver.expect("visible", True)
    desktop.find_tray_icon()
    assert driver.end() == 0
    driver.expect("end")
    wait_until(lambda: desktop.tray_box() is None, what="empty tray")


def test_nothing_is_written_to_disk(desktop: VirtualDesktop, driver: Driver) -> None:
    desktop.find_tray_icon()
    written = written_bytes(driver.process.pid)
    for number in range(5):
        driver.tell(heights=[number * 20] * 10)
        wait_until(lambda: desktop.tray_box() is not None)
    assert written_bytes(driver.process.pid) == written


def written_bytes(pid: int) -> str:
    counters = Path(f"/proc/{pid}/io").read_text().splitlines()
    return dict(line.split(": ") for line in counters)["write_bytes"]

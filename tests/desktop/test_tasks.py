"""A program that tells of its tasks and components, on a real screen, from its probe to the eye."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import pytest

from tests.desktop.applet import REPOSITORY, Applet
from tests.desktop.desktop import Box, VirtualDesktop, wait_until
from tests.desktop.kept import keep
from trayapp.charts.palette import LIGHT
from trayapp.history.reader import HistoryReader

pytestmark = pytest.mark.desktop

SETTINGS = """
[sampling]
interval = "0.5s"
adaptive = false
[[targets]]
name = "shop"
match = "program_shop"
limit = "1GiB"
"""
PROGRAM = """
import sys, time
import trayapp.probe

kept = []
model = bytearray(60_000_000)
trayapp.probe.register_component("model", lambda: len(model))
trayapp.probe.register_component("orders", lambda: sum(map(len, kept)))
trayapp.probe.start()
time.sleep(1)
while True:
    with trayapp.probe.task("import orders"):
        kept.append(b"x" * 8_000_000)
        time.sleep(1.5)
    with trayapp.probe.task("pause"):
        time.sleep(1.5)
    if len(kept) == 3:
        time.sleep(600)
"""
OPEN_SECONDS = 60


@pytest.fixture(scope="module")
def desktop() -> Iterator[VirtualDesktop]:
    with VirtualDesktop(tray=None, notifier=None) as running:
        yield running


@pytest.fixture(scope="module")
def applet(desktop: VirtualDesktop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applet]:
    """One that follows the program and knows of all its tasks."""
    folder = tmp_path_factory.mktemp("shop")
    running = Applet(desktop, folder / "home", SETTINGS)
    running.env["PYTHONPATH"] = str(REPOSITORY)
    running.start("--headless")
    program = folder / "program_shop.py"
    program.write_text(PROGRAM)
    began = time.monotonic()
    shop = desktop.launch(sys.executable, str(program), env=running.env)

    def task_count() -> int:
        with HistoryReader(running.home / "history.sqlite3") as reader:
            return len(reader.events(0, time.time(), ("task",), subject="shop"))

    wait_until(lambda: task_count() == 6, timeout=90, what="tasks in the history")
    print(f"all tasks are known after {time.monotonic() - began:.1f} s")
    yield running
    shop.kill()
    shop.wait()
    assert running.stop() == 0


def rgb(colour: str) -> bytes:
    return bytes.fromhex(colour[1:])


def open_window(desktop: VirtualDesktop, applet: Applet, *arguments: str) -> Box:
    desktop.launch(
        sys.executable, "-m", "trayapp", *arguments, "--light", env=applet.env, cwd=REPOSITORY
    )
    return desktop.find_window(f"Memtray.*{arguments[0].title()}", timeout=OPEN_SECONDS)


def test_details_show_components_and_the_growth_of_tasks(
    desktop: VirtualDesktop, applet: Applet
) -> None:
    open_window(desktop, applet, "details", "shop")

    def bars() -> list[int]:
        """How long the coloured bars are in the lower right quarter, from the top."""
        box = desktop.find_window("Memtray.*Details", timeout=OPEN_SECONDS)
        corner = Box(
            box.x + box.width // 2, box.y + 3 * box.height // 4, box.width // 2, box.height // 4
        )
        picture = desktop.screenshot().crop(corner)
        lengths = [
            sum(bytes(picture.pixel(x, y)) == rgb(LIGHT.system) for x in range(corner.width))
            for y in range(corner.height)
        ]
        return [
            length
            for before, length in zip([0, *lengths], lengths, strict=False)
            if length and not before
        ]

    model, orders = wait_until(
        lambda: found if len(found := bars()) == 2 else None, timeout=60, what="components"
    ) or (0, 0)
    keep(desktop, "details-components")
    assert 2 < model / orders < 3
    box = desktop.find_window("Memtray.*Details", timeout=OPEN_SECONDS)
    histogram = Box(
        box.x + box.width // 2, box.y + box.height // 4, box.width // 2, box.height // 4
    )
    assert desktop.screenshot().crop(histogram).rgb.count(rgb(LIGHT.system)) > 1000
    desktop.press("q")


def test_the_trends_name_the_task_under_the_cursor(desktop: VirtualDesktop, applet: Applet) -> None:
    box = open_window(desktop, applet, "trends", "shop", "--since", "30s")
    readout = rgb(LIGHT.surface)

    def size_of_readout(x: int) -> int:
        desktop.hover(x, box.y + box.height // 2)
        picture = desktop.screenshot().crop(Box(box.x, box.y + 120, box.width, box.height - 180))
        return picture.rgb.count(readout)

    wait_until(lambda: size_of_readout(box.x + box.width // 2) > 500, timeout=60, what="chart")
    # One line with the value where nothing ran, more with the name of what did.
    sizes = [size_of_readout(x) for x in range(box.x + 90, box.x + 700, 20)]
    keep(desktop, "trends-tasks")
    assert max(sizes) > 1.3 * min(size for size in sizes if size > 500)
    desktop.press("q")

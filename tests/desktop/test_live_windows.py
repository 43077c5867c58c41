"""Table, details and compact view of a running applet, on a real screen, with real keys."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.desktop.applet import REPOSITORY, Applet
from tests.desktop.desktop import Box, VirtualDesktop, wait_until
from tests.desktop.kept import keep
from tests.windows.stores import MIB, write_store
from trayapp.charts.palette import DARK, LIGHT

pytestmark = pytest.mark.desktop

EATER = """
import sys, time
keep = bytearray(int(sys.argv[1]) * 1_000_000)
while True:
    time.sleep(60)
"""
SIZES = {"alpha": 90, "beta": 60, "gamma": 30}
SETTINGS = """
[sampling]
interval = "0.5s"
""" + "".join(
    f'[[targets]]\nname = "{name}"\nmatch = "program_{name}"\nlimit = "100MiB"\n' for name in SIZES
)
ROW, HEAD = 30, 32
OPEN_SECONDS = 60


@pytest.fixture(scope="module")
def desktop() -> Iterator[VirtualDesktop]:
    with VirtualDesktop(tray=None, notifier=None) as running:
        yield running


@pytest.fixture(scope="module")
def applet(desktop: VirtualDesktop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applet]:
    """One that follows three programs, one of them for an hour."""
    folder = tmp_path_factory.mktemp("live")
    for name, size in SIZES.items():
        program = folder / f"program_{name}.py"
        program.write_text(EATER)
        desktop.launch(sys.executable, str(program), str(size))
    (folder / "home").mkdir()
    sizes = {"alpha": 80.0 * MIB, "past": 20.0 * MIB}
    now = time.time()
    write_store(folder / "home" / "history.sqlite3", sizes, seconds=3600, step=10, start=now - 3605)
    opener = folder / "bin" / "xdg-open"
    opener.parent.mkdir()
    opener.write_text(f'#!/bin/sh\nprintf "%s" "$1" > {folder}/opened\n')
    opener.chmod(0o755)
    running = Applet(desktop, folder / "home", SETTINGS)
    running.env["PATH"] = f"{opener.parent}:{running.env['PATH']}"
    running.start("--headless")
    yield running
    assert running.stop() == 0


Open = Callable[..., tuple[subprocess.Popen[Any], Box]]


@pytest.fixture
def open_window(desktop: VirtualDesktop, applet: Applet) -> Iterator[Open]:
    """Opens a window and waits until it shows something; ends what the test leaves open."""
    opened: list[subprocess.Popen[Any]] = []

    def start(verb: str, *arguments: str) -> tuple[subprocess.Popen[Any], Box]:
        began = time.monotonic()
        process = desktop.launch(
            sys.executable, "-m", "trayapp", verb, *arguments, env=applet.env, cwd=REPOSITORY
        )
        opened.append(process)
        box = desktop.find_window(f"Memtray.*{verb.title()}", timeout=OPEN_SECONDS)
        wait_until(
            lambda: len({*desktop.screenshot().crop(box).rgb}) > 20,
            timeout=OPEN_SECONDS,
            what="content",
        )
        print(f"{verb} is there after {time.monotonic() - began:.2f} s")
        return process, box

    yield start
    for process in opened:
        process.terminate()
        process.wait(60)


def rgb(colour: str) -> bytes:
    return bytes.fromhex(colour[1:])


def rows_in(desktop: VirtualDesktop, box: Box, colour: str) -> list[int]:
    """Which rows of the table, from the top, have a background of this colour."""
    picture = desktop.screenshot()
    top = box.y + box.height - 10 * ROW - 29
    return [
        row
        for row in range(10)
        if bytes(picture.pixel(box.x + 560, top + row * ROW + 3)) == rgb(colour)
    ]


def texts_in(desktop: VirtualDesktop, box: Box) -> int:
    """How many rows of the table show a name."""
    picture = desktop.screenshot()
    top = box.y + box.height - 10 * ROW - 29
    names = (picture.crop(Box(box.x + 12, top + row * ROW + 4, 120, 22)) for row in range(10))
    return sum(len({*name.rgb}) > 20 for name in names)


def is_open(desktop: VirtualDesktop, title: str) -> bool:
    command = ("xdotool", "search", "--onlyvisible", "--name", title)
    return bool(subprocess.run(command, env=desktop.env, capture_output=True).stdout)


def targets(applet: Applet) -> list[str]:
    settings = tomllib.loads((applet.home / "memtray.toml").read_text())
    return [target["name"] for target in settings["targets"]]


def menu_of_row(desktop: VirtualDesktop, steps: int) -> None:
    """Open the menu of the chosen row by keyboard, go down so often, and take that line.

    The first line is chosen as it opens, and what is disabled is passed over.
    """
    desktop.window_after(lambda: desktop.press("shift+F10"))
    desktop.press(*["Down"] * steps, "Return")


def test_typing_filters_and_the_arrows_choose(
    desktop: VirtualDesktop, applet: Applet, open_window: Open
) -> None:
    process, box = open_window("table")
    wait_until(lambda: texts_in(desktop, box) >= 5, timeout=60, what="rows")
    keep(desktop, "table-light")
    desktop.press("a", "l", "p")
    wait_until(lambda: texts_in(desktop, box) == 1, what="one row")
    desktop.press("Escape")
    wait_until(lambda: texts_in(desktop, box) >= 5, what="all rows")
    for key in (*"tracked", "space", *"running"):
        desktop.press(key)
    wait_until(lambda: texts_in(desktop, box) == 3, what="the targets")
    assert rows_in(desktop, box, LIGHT.pressed) == []
    desktop.press("Down")
    wait_until(lambda: rows_in(desktop, box, LIGHT.pressed) == [0], what="the chosen row")
    # By name from Z: the largest, alpha, is the last, and still the chosen one.
    desktop.press("ctrl+1", "ctrl+1")
    wait_until(lambda: rows_in(desktop, box, LIGHT.pressed) == [2], what="another order")
    # It stays so while figures come.
    count = applet.status()["sample_count"]
    wait_until(lambda: applet.status()["sample_count"] > count + 5, what="samples", timeout=60)
    assert rows_in(desktop, box, LIGHT.pressed) == [2]
    # A click on a title sorts, too.
    desktop.click(box.x + box.width - 60, box.y + box.height - 10 * ROW - 29 - HEAD // 2)
    desktop.click(box.x + 60, box.y + box.height - 10 * ROW - 29 - HEAD // 2)
    wait_until(lambda: rows_in(desktop, box, LIGHT.pressed) == [0], what="order by click")
    desktop.press("Escape", "Escape")
    assert process.wait(60) == 0


def test_the_menu_of_a_row_does_what_it_says(
    desktop: VirtualDesktop, applet: Applet, open_window: Open
) -> None:
    _, box = open_window("table")
    wait_until(lambda: texts_in(desktop, box) >= 5, timeout=60, what="rows")
    for key in "gamma":
        desktop.press(key)
    wait_until(lambda: texts_in(desktop, box) == 1, what="one row")
    desktop.press("Down")

    menu_of_row(desktop, 7)  # "Copy command line"
    paste = "import tkinter; root = tkinter.Tk(); root.withdraw(); print(root.clipboard_get())"

    def copied() -> str:
        command = (sys.executable, "-c", paste)
        done = subprocess.run(command, env=desktop.env, capture_output=True, text=True)
        return done.stdout

    wait_until(lambda: "program_gamma.py 30" in copied(), timeout=60, what="command line")

    menu_of_row(desktop, 4)  # "Open folder"
    opened = applet.home.parent / "opened"
    wait_until(opened.exists, timeout=60, what="folder")
    assert Path(opened.read_text()) == Path(sys.executable).resolve().parent

    menu = desktop.window_after(lambda: desktop.press("shift+F10"))
    keep(desktop, "table-menu")
    assert menu.y > box.y
    desktop.press("Escape")
    menu_of_row(desktop, 5)  # "Stop tracking"
    wait_until(lambda: targets(applet) == ["alpha", "beta"], timeout=60, what="no target")


def test_forgetting_asks_first(desktop: VirtualDesktop, applet: Applet, open_window: Open) -> None:
    """Of what is not tracked any more nothing is left in the table then."""
    _, box = open_window("table")
    wait_until(lambda: texts_in(desktop, box) >= 5, timeout=60, what="rows")
    for key in "past":
        desktop.press(key)
    wait_until(lambda: texts_in(desktop, box) == 1, what="one row")
    desktop.press("Down")
    for answer in ("Return", "alt+y"):
        desktop.window_after(lambda: desktop.press("shift+F10"))
        # "Details", "Trends", "Delete history".
        question = desktop.window_after(lambda: desktop.press("Down", "Down", "Return"))
        keep(desktop, "table-forget")
        assert question.width > 200
        desktop.press(answer)
        if answer == "Return":
            wait_until(lambda: texts_in(desktop, box) == 1, what="the row, still there")
    wait_until(lambda: texts_in(desktop, box) == 0, timeout=60, what="forgotten")
    assert applet.status()["problems"] == []


def test_enter_and_a_double_click_open_the_details(
    desktop: VirtualDesktop, applet: Applet, open_window: Open
) -> None:
    _, box = open_window("table", "--dark")
    wait_until(lambda: texts_in(desktop, box) >= 5, timeout=60, what="rows")
    keep(desktop, "table-dark")
    assert rows_in(desktop, box, DARK.background) == list(range(10))
    for key in "alpha":
        desktop.press(key)
    wait_until(lambda: texts_in(desktop, box) == 1, what="one row")
    # The only row there is needs not be chosen first.
    desktop.press("Return")
    desktop.find_window("Details of alpha", timeout=OPEN_SECONDS)
    # A second start shows another one in the same window.
    assert applet.command("details", "beta").returncode == 0
    desktop.find_window("Details of beta", timeout=OPEN_SECONDS)
    desktop.press("q")
    wait_until(lambda: not is_open(desktop, "Details of"), what="details, closed")
    desktop.press("Escape")
    wait_until(lambda: texts_in(desktop, box) >= 5, what="all rows")
    for key in (*"tracked", "space", *"running"):
        desktop.press(key)
    # An earlier test has stopped tracking one of them.
    wait_until(lambda: texts_in(desktop, box) == len(targets(applet)), what="the targets")
    first, second = (
        (box.x + 60, box.y + box.height - 10 * ROW - 29 + ROW * row + ROW // 2) for row in (0, 1)
    )
    # A click alone only chooses.
    desktop.click(*second)
    beside = second[0] + 200, second[1]
    wait_until(
        lambda: bytes(desktop.screenshot().pixel(*beside)) == rgb(DARK.pressed), what="the row"
    )
    count = applet.status()["sample_count"]
    wait_until(lambda: applet.status()["sample_count"] > count + 5, what="samples", timeout=20)
    assert not is_open(desktop, "Details of")
    desktop.click(*first)
    desktop.click(*first)
    desktop.find_window("Details of alpha", timeout=OPEN_SECONDS)
    desktop.press("q")


def test_enter_does_nothing_to_a_program_whose_details_have_just_opened(
    desktop: VirtualDesktop, applet: Applet, open_window: Open
) -> None:
    """It may have been meant for the table: nobody has chosen to track it."""
    program = applet.home.parent / "program_delta.py"
    program.write_text(EATER)
    desktop.launch(sys.executable, str(program), "40")
    before = targets(applet)
    open_window("details", program.name, "application")
    desktop.press("Return", "KP_Enter", "space")
    count = applet.status()["sample_count"]
    wait_until(lambda: applet.status()["sample_count"] > count + 5, what="samples", timeout=20)
    assert targets(applet) == before
    assert is_open(desktop, "Details of")


def test_details_show_figures_a_chart_and_runs(desktop: VirtualDesktop, open_window: Open) -> None:
    process, box = open_window("details", "alpha", "--light")

    def is_drawn() -> bool:
        """Whether the line of the last hour is in the left half."""
        left = desktop.screenshot().crop(Box(box.x, box.y + 180, box.width // 2, 200))
        return left.rgb.count(rgb(LIGHT.system)) > 300

    wait_until(is_drawn, timeout=60, what="chart")
    keep(desktop, "details-light")
    # It ran almost into its limit, which was told as critical: no good run.
    runs = Box(box.x, box.y + 436, 60, 130)
    colours = [rgb(colour) for colour in LIGHT.levels[1:]]
    wait_until(
        lambda: any(desktop.screenshot().crop(runs).rgb.count(each) > 20 for each in colours),
        what="the mark of a run",
    )
    # The phases say of which run they are, beside the buttons.
    desktop.click(box.x + 108, box.y + 437)
    beside = Box(box.x + 250, box.y + 430, 200, 16)
    wait_until(
        lambda: desktop.screenshot().crop(beside).rgb.count(rgb(LIGHT.background)) < 3000,
        what="the run whose phases are shown",
    )
    keep(desktop, "details-phases")
    desktop.press("ctrl+d")
    corner = (box.x + 4, box.y + 4)
    wait_until(
        lambda: bytes(desktop.screenshot().pixel(*corner)) == rgb(DARK.background), what="dark"
    )
    keep(desktop, "details-dark")
    desktop.press("t")
    desktop.find_window("Memtray.*Trends", timeout=OPEN_SECONDS)
    desktop.press("q")
    process.terminate()
    assert process.wait(60) == 0


def drag(desktop: VirtualDesktop, start: tuple[int, int], end: tuple[int, int]) -> None:
    half = (start[0] + end[0]) // 2, (start[1] + end[1]) // 2
    steps = ["mousemove", *map(str, start), "mousedown", "1"]
    steps += ["mousemove", *map(str, half), "mousemove", *map(str, end), "mouseup", "1"]
    subprocess.run(["xdotool", *steps], env=desktop.env, check=True)


def focused(desktop: VirtualDesktop) -> str:
    """The X window that gets what is typed."""
    command = ("xdotool", "getwindowfocus")
    return subprocess.run(command, env=desktop.env, capture_output=True, text=True).stdout


def compact_box(desktop: VirtualDesktop) -> Box:
    return desktop.find_window("Memtray.*Compact", timeout=OPEN_SECONDS)


def test_the_compact_view_stays_where_it_is_put(
    desktop: VirtualDesktop, applet: Applet, open_window: Open
) -> None:
    process, box = open_window("compact")
    assert box.x > 900
    assert box.y > 500
    drag(desktop, (box.x + 100, box.y + 12), (400, 300))
    wait_until(lambda: compact_box(desktop) != box, what="moved window")
    moved = compact_box(desktop)
    assert abs(moved.x - 300) < 5
    keep(desktop, "compact-light")
    file = applet.home / "windows" / "compact.json"
    wait_until(file.exists, what="its place")
    assert json.loads(file.read_text()) == {"left": moved.x, "top": moved.y}
    # On top of others, and a key pauses.
    cover = "import tkinter; r = tkinter.Tk(); r.title('cover'); r.geometry('900x600+50+50'); "
    covering = desktop.launch(sys.executable, "-c", f"{cover} r.mainloop()")
    desktop.find_window("cover", timeout=OPEN_SECONDS)
    wait_until(lambda: len({*desktop.screenshot().crop(moved).rgb}) > 20, what="view on top")
    covering.kill()
    covering.wait()
    elsewhere = focused(desktop)
    drag(desktop, (moved.x + 100, moved.y + 12), (moved.x + 100, moved.y + 12))
    wait_until(lambda: focused(desktop) != elsewhere, what="focus")
    desktop.press("p")
    wait_until(lambda: applet.status()["paused"], what="pause")
    wait_until(lambda: len({*desktop.screenshot().crop(moved).rgb}) > 20, what="paused view")
    desktop.press("p")
    wait_until(lambda: not applet.status()["paused"], what="no pause")
    desktop.press("q")
    assert process.wait(60) == 0

    _, again = open_window("compact", "--dark")
    assert again == moved
    keep(desktop, "compact-dark")
    assert applet.command("compact", "--reset").returncode == 0
    wait_until(lambda: compact_box(desktop) == box, timeout=60, what="its corner")
    assert not file.exists()


def test_expanding_opens_the_table(desktop: VirtualDesktop, open_window: Open) -> None:
    process, _ = open_window("compact")
    desktop.press("Return")
    desktop.find_window("Memtray.*Table", timeout=OPEN_SECONDS)
    desktop.press("Escape")
    process.terminate()
    assert process.wait(60) == 0


def test_a_place_beyond_the_screen_is_brought_back(
    desktop: VirtualDesktop, applet: Applet, open_window: Open
) -> None:
    """As when the monitor it was on has gone."""
    file = applet.home / "windows" / "compact.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text('{"left": 4000, "top": -900}')
    _, box = open_window("compact")
    assert (box.x + box.width, box.y) == (1280, 0)
    desktop.press("q")
    file.unlink()


SHRINK = """
from Xlib.display import Display
display = Display()
root = display.screen().root
screens = root.xrandr_get_screen_resources()
for output in screens.crtcs:
    display.xrandr_set_crtc_config(output, screens.config_timestamp, 0, 0, 0, 1, [])
root.xrandr_set_screen_size(800, 600, 211, 158)
display.sync()
"""


def test_it_comes_back_when_the_screen_gets_smaller(tmp_path: Path) -> None:
    with VirtualDesktop(tray=None, notifier=None) as desktop:
        env = desktop.env | {"MEMTRAY_HOME": str(tmp_path)}
        desktop.launch(sys.executable, "-m", "trayapp", "compact", env=env, cwd=REPOSITORY)
        box = compact_box(desktop)
        assert box.x > 800
        # Apart: the tray's host, where a test has imported it, leaves Xlib without extensions.
        subprocess.run([sys.executable, "-c", SHRINK], env=desktop.env, check=True)
        wait_until(lambda: compact_box(desktop).x < 800, timeout=60, what="window in sight")
        box = compact_box(desktop)
        assert box.x + box.width <= 800
        assert box.y + box.height <= 600


@pytest.mark.parametrize("verb", ["table", "details"])
def test_no_window_is_wider_than_a_small_screen(tmp_path: Path, verb: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    write_store(home / "history.sqlite3", {"one": 1.0 * MIB}, seconds=60)
    with VirtualDesktop(size=(800, 600), tray=None, notifier=None) as desktop:
        env = desktop.env | {"MEMTRAY_HOME": str(home)}
        command = (sys.executable, "-m", "trayapp", verb, *(["one"] if verb == "details" else []))
        desktop.launch(*command, env=env, cwd=REPOSITORY)
        box = desktop.find_window(f"Memtray.*{verb.title()}", timeout=OPEN_SECONDS)
        assert box.x >= 0
        assert box.x + box.width <= 800


def test_without_an_applet_it_says_so_and_keeps_what_was_recorded(
    desktop: VirtualDesktop, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    write_store(home / "history.sqlite3", {"one": 1.0 * MIB, "two": 2.0 * MIB}, seconds=60)
    env = desktop.env | {"MEMTRAY_HOME": str(home)}
    command = (sys.executable, "-m", "trayapp", "table")
    process = desktop.launch(*command, env=env, cwd=REPOSITORY)
    box = desktop.find_window("Memtray.*Table", timeout=OPEN_SECONDS)
    wait_until(lambda: texts_in(desktop, box) == 2, timeout=60, what="two rows")
    keep(desktop, "table-without-applet")
    desktop.press("Escape")
    assert process.wait(60) == 0


def test_trends_say_that_nothing_new_will_come(desktop: VirtualDesktop, tmp_path: Path) -> None:
    """The line of keys below the chart, which ends far to the right, makes room for it."""
    home = tmp_path / "home"
    home.mkdir()
    write_store(home / "history.sqlite3", {"one": 1.0 * MIB}, seconds=60)
    env = desktop.env | {"MEMTRAY_HOME": str(home)}
    process = desktop.launch(sys.executable, "-m", "trayapp", "trends", env=env, cwd=REPOSITORY)
    box = desktop.find_window("Memtray.*Trends", timeout=OPEN_SECONDS)

    def foot(left: int, width: int) -> int:
        line = Box(box.x + left, box.y + box.height - 26, width, 20)
        return len({*desktop.screenshot().crop(line).rgb})

    wait_until(
        lambda: foot(8, 150) > 10 and foot(300, box.width - 320) < 10, timeout=60, what="the line"
    )
    keep(desktop, "trends-without-applet")
    desktop.press("q")
    assert process.wait(60) == 0

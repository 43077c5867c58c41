"""The trend and statistics windows, on a real screen, with real keys and clicks."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.desktop.desktop import Box, Screenshot, VirtualDesktop, wait_until
from tests.desktop.shots import save_shot
from tests.recording.making import write_recording
from tests.windows.stores import MIB, target, write_store
from trayapp.charts.palette import DARK, LIGHT
from trayapp.domain.records.colors import parse_color
from trayapp.history.retention import Retention
from trayapp.history.writer import HistoryWriter

pytestmark = pytest.mark.desktop

TITLE = "Memtray .* Trends"
COVER = (0xFF, 0x00, 0xFF)

TRENDS = """
import sys
from pathlib import Path
from trayapp.windows.trends import TrendOptions, main
home = Path(sys.argv[1])
options = TrendOptions(
    history_file=home / "h",
    runtime=home / "run",
    targets=tuple(sys.argv[2:]),
)
raise SystemExit(main(options))
"""
STATISTICS = """
from trayapp.windows.statistics import main
raise SystemExit(main([("Memtray", ""), ("Samples", "1,234"), ("Own memory", "14.1 MiB")]))
"""
COVERING = """
import tkinter
root = tkinter.Tk()
root.title("cover")
root.configure(background="#ff00ff")
root.geometry("1200x700+20+20")
root.mainloop()
"""


@pytest.fixture(scope="module")
def desktop() -> Iterator[VirtualDesktop]:
    with VirtualDesktop(tray=None, notifier=None) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Ten minutes of three flat targets, until now."""
    sizes = {"a": 40.0 * MIB, "b": 60.0 * MIB, "leak": 100.0 * MIB}
    return write_store(tmp_path / "h", sizes, start=time.time() - 600)


Open = Callable[..., tuple[subprocess.Popen[bytes], Box]]


@pytest.fixture
def open_trends(desktop: VirtualDesktop, store: Path) -> Iterator[Open]:
    """Opens the window and waits for its chart; ends what the test leaves open."""
    opened: list[subprocess.Popen[bytes]] = []

    def start(*targets: str, **env: str) -> tuple[subprocess.Popen[bytes], Box]:
        command = (sys.executable, "-c", TRENDS, str(store.parent), *targets)
        process = desktop.launch(*command, env=desktop.env | env)
        opened.append(process)
        return process, desktop.find_window(TITLE, timeout=60)

    yield start
    for process in opened:
        process.kill()
        process.wait()


def plot_start(box: Box) -> Box:
    """The left of the plotting area, without legend and labels."""
    return Box(box.x + 120, box.y + 60, 60, box.height - 120)


def leak_rows(desktop: VirtualDesktop, box: Box) -> list[int]:
    """The rows, from the top of the plot, with green: only the third target's line is green."""
    part = desktop.screenshot().crop(plot_start(box))
    stride = 3 * part.width
    rows = []
    for y in range(part.height):
        row = part.rgb[y * stride : (y + 1) * stride]
        pixels = zip(row[0::3], row[1::3], row[2::3], strict=True)
        if any(green - red > 50 and green - blue > 15 for red, green, blue in pixels):
            rows.append(y)
    return rows


def await_line(desktop: VirtualDesktop, box: Box) -> list[int]:
    """Wait for the chart, which comes some time after the window; the rows of the line."""
    return wait_until(lambda: leak_rows(desktop, box), timeout=60, what="line of the target")


def await_change(desktop: VirtualDesktop, box: Box, act: Callable[[], object]) -> Screenshot:
    """Do something and wait until the window looks different."""
    before = desktop.screenshot().crop(box)
    act()
    wait_until(lambda: desktop.screenshot().crop(box).changed(before), what="change in the window")
    return desktop.screenshot().crop(box)


def test_a_recording_is_shown_and_zoomed(
    desktop: VirtualDesktop, open_trends: Open, store: Path
) -> None:
    """Far below the ten seconds at which zooming into the history stops, and back."""
    rows = [(row / 1000, {pid: (pid * 20 * MIB, 0) for pid in (1, 2, 3)}) for row in range(2000)]
    path = write_recording(store.parent / "r.memrec", rows)
    process, box = open_trends(str(path))
    await_line(desktop, box)
    clock = Box(box.x, box.y + 60, 420, 50)
    whole = desktop.screenshot().crop(clock)
    wheel = ("xdotool", "mousemove", str(box.x + 300), str(box.y + 300), "click", "4")
    await_change(desktop, clock, lambda: subprocess.run(wheel, env=desktop.env, check=True))
    await_change(desktop, clock, lambda: subprocess.run(wheel, env=desktop.env, check=True))
    desktop.press("1")
    wait_until(
        lambda: desktop.screenshot().crop(clock).rgb == whole.rgb, what="the whole recording"
    )
    desktop.press("q")
    assert process.wait(60) == 0


def window_id(desktop: VirtualDesktop) -> str:
    search = ("xdotool", "search", "--onlyvisible", "--name", TITLE)
    return subprocess.check_output(search, env=desktop.env, text=True)


def test_the_window_shows_the_lines_and_closes(desktop: VirtualDesktop, open_trends: Open) -> None:
    process, box = open_trends()
    rows = await_line(desktop, box)
    assert len(rows) < 8  # a flat line
    desktop.press("q")
    assert process.wait(60) == 0


def test_the_frame_closes_the_window(desktop: VirtualDesktop, open_trends: Open) -> None:
    process, _ = open_trends()
    desktop.press("alt+F4")
    assert process.wait(60) == 0


def test_ranges_by_key_and_by_button(desktop: VirtualDesktop, open_trends: Open) -> None:
    _, box = open_trends()
    await_line(desktop, box)
    title = Box(box.x, box.y + 40, 400, 60)
    looks = [await_change(desktop, title, lambda key=key: desktop.press(key)) for key in "23456"]  # type: ignore[misc]
    assert len({look.rgb for look in looks}) == 5
    again = await_change(desktop, title, lambda: desktop.click(box.x + 150, box.y + 23))
    assert again.rgb in {look.rgb for look in looks}


def test_pointing_tells_values_and_dragging_zooms(
    desktop: VirtualDesktop, open_trends: Open
) -> None:
    _, box = open_trends()
    await_line(desktop, box)
    y = box.y + box.height * 2 // 3
    await_change(desktop, box, lambda: desktop.hover(box.x + 300, y))
    title = Box(box.x, box.y + 40, 400, 60)
    before = desktop.screenshot().crop(title)

    def drag() -> None:
        steps = ("mousemove", str(box.x + 300), str(y), "mousedown", "1")
        further = ("mousemove", str(box.x + 400), str(y), "mousemove", str(box.x + 500), str(y))
        subprocess.run(("xdotool", *steps, *further, "mouseup", "1"), env=desktop.env, check=True)

    await_change(desktop, title, drag)
    desktop.press("0")
    wait_until(lambda: not desktop.screenshot().crop(title).changed(before), what="whole range")


def test_every_view_is_reached_by_key(
    desktop: VirtualDesktop, open_trends: Open, tmp_path: Path
) -> None:
    """Stacked areas, another kind of memory, runs laid over each other, values without a mouse."""
    _, box = open_trends("leak")
    await_line(desktop, box)
    chart = Box(box.x, box.y + 40, box.width, box.height - 80)
    for key in ("s", "s", "k", "k", "k", "k", "o", "o", "shift+Left"):
        await_change(desktop, chart, lambda key=key: desktop.press(key))  # type: ignore[misc]
    save_shot(desktop, "trends-cursor", tmp_path)
    await_change(desktop, box, lambda: desktop.click(box.x + box.width - 205, box.y + 23))
    save_shot(desktop, "trends-menu", tmp_path)
    desktop.press("Escape")


def test_new_samples_appear_by_themselves(
    desktop: VirtualDesktop, open_trends: Open, store: Path
) -> None:
    _, box = open_trends()
    (top, *_) = await_line(desktop, box)
    writer = HistoryWriter(store, Retention())
    now = time.time()
    for after in range(5):
        writer.add(now + after, [(target("leak"), 2000.0 * MIB)])
    writer.close()
    # The axis grows, so the old line sinks.
    wait_until(lambda: leak_rows(desktop, box)[:1] > [top + 60], what="a taller axis")


def test_a_second_start_raises_the_first(desktop: VirtualDesktop, open_trends: Open) -> None:
    _, box = open_trends()
    await_line(desktop, box)
    first = window_id(desktop)
    cover = desktop.launch(sys.executable, "-c", COVERING)
    wait_until(lambda: desktop.screenshot().pixel(*box.center) == COVER, what="covered window")
    second, _ = open_trends("leak")
    assert second.wait(60) == 0
    wait_until(lambda: desktop.screenshot().pixel(*box.center) != COVER, what="raised window")
    # It shows what the second start asked for: the target alone, in the whole window.
    wait_until(lambda: leak_rows(desktop, box)[:1] < [box.height * 2 // 3])
    assert window_id(desktop) == first
    cover.kill()
    cover.wait()


def test_a_killed_window_does_not_block_the_next(
    desktop: VirtualDesktop, open_trends: Open, store: Path
) -> None:
    process, box = open_trends()
    await_line(desktop, box)
    process.kill()
    process.wait()
    assert (store.parent / "run" / "trends.sock").exists()
    process, box = open_trends()
    await_line(desktop, box)
    process.terminate()
    assert process.wait(60) == 0
    assert not (store.parent / "run" / "trends.sock").exists()


def test_dark_as_the_desktop_and_by_key(desktop: VirtualDesktop, open_trends: Open) -> None:
    _, box = open_trends(GTK_THEME="Adwaita:dark")

    def brightness() -> int:
        corner = desktop.screenshot().pixel(box.x + 4, box.y + 60)
        return sum(corner) // 3

    wait_until(lambda: brightness() < 60, what="dark window")
    desktop.press("d")
    wait_until(lambda: brightness() > 200, what="light window")


def test_tab_goes_from_left_to_right_and_is_seen(
    desktop: VirtualDesktop, open_trends: Open
) -> None:
    """Six ranges, two menus and a button, each with a ring around it while it has the keyboard."""
    _, box = open_trends()
    await_line(desktop, box)
    bar = Box(box.x, box.y, box.width, 44)
    rings: list[int] = []
    for _number in range(9):
        desktop.press("Tab")
        ring = wait_until(lambda: next_ring(desktop, bar, rings), what="ring elsewhere")
        assert ring is not None
        rings.append(ring)
    assert rings == sorted(rings)
    assert rings[0] < 40
    assert rings[-1] > box.width - 100
    desktop.press("Tab")
    wait_until(lambda: ring_start(desktop, bar) == rings[0], what="the first again")


def ring_start(desktop: VirtualDesktop, bar: Box) -> int | None:
    """The leftmost column of the ring in a bar of buttons."""
    picture = desktop.screenshot().crop(bar)
    colour = parse_color(LIGHT.system)
    middle = bar.height // 2
    return next((x for x in range(bar.width) if picture.pixel(x, middle) == colour), None)


def next_ring(desktop: VirtualDesktop, bar: Box, before: list[int]) -> int | None:
    start = ring_start(desktop, bar)
    return None if start in before else start


def test_it_becomes_dark_when_the_desktop_does(
    desktop: VirtualDesktop, open_trends: Open, tmp_path: Path
) -> None:
    settings = tmp_path / "config" / "gtk-3.0" / "settings.ini"
    settings.parent.mkdir(parents=True)
    _, box = open_trends(XDG_CONFIG_HOME=str(tmp_path / "config"))
    await_line(desktop, box)
    corner = (box.x + 4, box.y + 60)
    settings.write_text("[Settings]\ngtk-application-prefer-dark-theme = true\n")
    wait_until(
        lambda: desktop.screenshot().pixel(*corner) == parse_color(DARK.background), what="dark"
    )
    # What a person chooses by key holds until the desktop changes again.
    desktop.press("d")
    wait_until(
        lambda: desktop.screenshot().pixel(*corner) == parse_color(LIGHT.background), what="light"
    )


def test_statistics(desktop: VirtualDesktop) -> None:
    process = desktop.launch(sys.executable, "-c", STATISTICS)
    box = desktop.find_window("Memtray .* Statistics")
    wait_until(lambda: len({*desktop.screenshot().crop(box).rgb}) > 20, what="table")
    desktop.press("q")
    assert process.wait(60) == 0

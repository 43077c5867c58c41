"""How long windows take: `python -m tests.benchmarks.windows [FOLDER]`. Prints, judges nothing.

Opening is timed in the virtual desktop, with ten targets and a day of samples: of trends from the
start of the command until the chart is seen, of the others until the screen is at rest. Drawing is
timed with 90 days of a hundred targets, from the question to the store to the finished picture.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg

from tests.desktop.applet import Applet
from tests.desktop.desktop import VirtualDesktop, wait_until
from tests.windows.past import DAY, HOUR, write_past
from trayapp.charts.fonts import use_chart_fonts
from trayapp.charts.palette import LIGHT
from trayapp.charts.plot import trend_figure
from trayapp.charts.selection import Selection
from trayapp.history.reader import HistoryReader
from trayapp.windows.selecting import first_selection, target_names
from trayapp.windows.trend_reading import read_trends

TIMES = 5
REPOSITORY = Path(__file__).parent.parent.parent
WINDOWS = (
    ("table",),
    ("details", "web"),
    ("compact",),
    ("statistics",),
    ("settings",),
    ("export",),
    ("report",),
)
REST_SECONDS = 0.3
"""So long nothing changes on a screen that is at rest; figures change once a second."""
OPENING = """
import json, sys, time
from pathlib import Path
from trayapp.windows.trends import TrendOptions, main
import trayapp.windows.trend_window as trend_window

class Timed(trend_window.TrendWindow):
    def _draw(self):
        super()._draw()
        if self._chart is not None:
            self.root.update()
            print(time.time(), flush=True)
            self.close()

trend_window.TrendWindow = Timed
home = Path(sys.argv[1])
main(TrendOptions(history_file=home / "h", runtime=home / "run", since_seconds=86400.0))
"""


def main(folder: Path) -> None:
    """Measure and print."""
    now = time.time()
    (folder / "day").mkdir()
    write_past(folder / "day" / "h", 10, 1, end=now, raw_step=2.0)
    with VirtualDesktop(tray=None, notifier=None) as desktop:
        opened = sorted(open_once(desktop, folder / "day") for _ in range(TIMES))
        print(f"open, trends, drawn         {opened[0]:6.2f} to {opened[-1]:.2f} s")
        applet = Applet(desktop, folder / "home", SETTINGS)
        write_past(applet.home / "history.sqlite3", 10, 1, end=now, raw_step=2.0)
        quiet = subprocess.DEVNULL
        command = (sys.executable, "-m", "trayapp", "start", "--headless")
        desktop.launch(*command, env=applet.env, cwd=REPOSITORY, stdout=quiet)
        wait_until(applet.has_sample, what="first sample")
        for window in WINDOWS:
            opened = sorted(open_window(applet, window) for _ in range(TIMES))
            print(f"open, {' '.join(window):<21}{opened[0]:6.2f} to {opened[-1]:.2f} s")
        applet.command("quit")
    write_past(
        folder / "h", 100, 90, end=now, raw_hours=2, raw_step=2.0, minute_days=7, metrics=METRICS
    )
    use_chart_fonts()
    with HistoryReader(folder / "h") as reader:
        names = target_names(reader.series())
        largest = first_selection(reader).targets
        for label, targets, stacked in (
            ("10 targets", largest, False),
            ("100 targets", names, False),
            ("100 targets, stacked", names, True),
        ):
            for span, seconds in (("60 s", 60.0), ("1 h", HOUR), ("24 h", DAY), ("90 d", None)):
                selection = Selection(targets=targets, span_seconds=seconds, stacked=stacked)
                spent, cpu = time_of(lambda s=selection: draw(reader, s))  # type: ignore[misc]
                print(f"draw, {label:<21}{span:>5} {spent:6.2f} s, processor {cpu:.2f} s")


SETTINGS = """
[sampling]
interval = "1s"
[[targets]]
name = "web"
match = "Xvfb"
"""
METRICS = ("rss_bytes", "anon_bytes", "uss_bytes")


def open_once(desktop: VirtualDesktop, home: Path) -> float:
    """Seconds from the start of the command until the chart is on the screen."""
    began = time.time()
    process = desktop.launch(
        sys.executable, "-c", OPENING, str(home), stdout=subprocess.PIPE, cwd=REPOSITORY
    )
    wait_until(lambda: process.poll() is not None, timeout=60, what="the chart")
    assert process.stdout is not None
    return float(process.stdout.read().split()[0]) - began


def open_window(applet: Applet, window: tuple[str, ...]) -> float:
    """Seconds from the start of the command until there is something that changes no more."""
    desktop = applet.desktop
    wait_until(lambda: not any(desktop.screenshot().rgb), what="an empty screen")
    began = changed = time.perf_counter()
    process = desktop.launch(
        *(sys.executable, "-m", "trayapp", *window), env=applet.env, cwd=REPOSITORY
    )
    seen = b""
    while not any(seen) or time.perf_counter() - changed < REST_SECONDS:
        now = desktop.screenshot().rgb
        if now != seen:
            seen, changed = now, time.perf_counter()
    process.terminate()
    process.wait(10)
    return changed - began


def draw(reader: HistoryReader, selection: Selection) -> None:
    """From the store to the pixels."""
    figure = trend_figure(read_trends(reader, selection), LIGHT, now_wall_seconds=time.time())
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]


def time_of(act: Callable[[], object]) -> tuple[float, float]:
    """The least of several times, in seconds, and the least processor time."""
    spent, cpu = [], []
    for _ in range(TIMES):
        began, began_cpu = time.perf_counter(), time.process_time()
        act()
        spent.append(time.perf_counter() - began)
        cpu.append(time.process_time() - began_cpu)
    return min(spent), min(cpu)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if sys.argv[1:] else None) as name:
        main(Path(name))

"""What a restart costs: `python -m tests.benchmarks.restart [TARGETS]`. Prints, judges nothing.

Eight hours of history of 50 targets, every tenth of which leaks; then all of them are judged anew
from it, as at the next start.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from tests.domain.building import MIB, frame
from trayapp.applet.rebuilding import RUNS, Rebuilding
from trayapp.domain.grouping.target_run import RunMark, marks_as_text
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.records.frames import TargetSample
from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.domain.records.series import Series
from trayapp.history.reader import HistoryReader
from trayapp.history.writer import HistoryWriter, Retention

BEGIN = 1_700_000_000.0
END = BEGIN + 8 * 3600.0
FINE_SECONDS = 1800.0
"""Before that, samples are ten seconds apart: minutes are made of them all the same."""


def main(count: int, folder: Path) -> None:
    """Make the history, and judge anew what is in it."""
    path = folder / "history.sqlite3"
    names = [f"target {number}" for number in range(count)]
    make_history(path, names)
    rules = MonitorRules(targets=tuple(TargetRule(name=name, match=name) for name in names))
    monitor = Monitor(rules)
    offset = 1000.0 - END
    seconds = time_of(read_bars, path)
    print(f"{count} targets, 8 h of history")
    print(f"  bars               {seconds * 1e3:8.0f} ms, before the first look")
    begun = time.process_time()
    rebuilding = Rebuilding(path, monitor, "", END)
    print(f"  marks              {(time.process_time() - begun) * 1e3:8.1f} ms, as well")
    now = tuple(
        TargetSample(name=name, readings=((ProcessKey(1, index), MemoryReading(MIB, MIB)),))
        for index, name in enumerate(names)
    )
    monitor.judge_frame(frame(1000.0, *now), Quiet())
    slices = []
    while True:
        begun = time.process_time()
        if rebuilding.replay_next(offset) is None:
            break
        slices.append(time.process_time() - begun)
    view = monitor.judge_frame(frame(1001.0, *now), Quiet()).view
    leaking = sum(target.leak.level == "leaking" for target in view.targets)
    print(f"  judged anew        {sum(slices) * 1e3:8.0f} ms of a processor, {leaking} leak")
    print(f"    longest slice    {max(slices) * 1e3:8.0f} ms")
    print(f"    median slice     {sorted(slices)[len(slices) // 2] * 1e3:8.1f} ms")


def make_history(path: Path, names: list[str]) -> None:
    """As the sampler would have kept it."""
    series = [
        [Series("target", name, metric) for metric in ("rss_bytes", "anon_bytes", "process_count")]
        for name in names
    ]
    with closing(HistoryWriter(path, Retention())) as writer:
        wall = BEGIN
        while wall < END:
            for number, found in enumerate(series):
                rate = 20_000 if number % 10 == 0 else 0
                size = 80e6 + rate * (wall - BEGIN) + 1e6 * ((number + wall) % 7)
                writer.add(wall, zip(found, (size + 1e7, size, 3), strict=True))
            writer.maintain(wall)
            if wall % 40 < 10:
                writer.flush()
            wall += 10.0 if wall < END - FINE_SECONDS else 1.0
        marks = {name: RunMark(BEGIN, (ProcessKey(1, index),)) for index, name in enumerate(names)}
        writer.remember(RUNS, marks_as_text("", marks))


def read_bars(path: Path) -> None:
    """As the sampler does it."""
    with HistoryReader(path) as reader:
        shown = [series for series in reader.series() if series.metric == "rss_bytes"]
        reader.curves(shown, END - 300, END)


def time_of(work: object, *arguments: object) -> float:
    """Processor time that a call takes."""
    begun = time.process_time()
    work(*arguments)  # type: ignore[operator]
    return time.process_time() - begun


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 50, Path(made))

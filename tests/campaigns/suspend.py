"""A machine that sleeps: a gap is a gap, no growth and no failure, and alerts come afterwards.

Run `python -m tests.campaigns.suspend [--tries 200] [--seed N]`. Each try lets a monitor and the
history's writer live through some sleeps of seconds to weeks, without waiting: the monotonic clock
stands still meanwhile, as on Linux, or goes on, as on Windows; in one of four, what memory is in
use has changed afterwards. One try of twenty stops a whole running applet for some seconds with
SIGSTOP and lets it go on, with all its threads and real clocks.

Failures: an exception, an alert about the gap, a shortage that is not reported afterwards, a
curve without a gap, a missing sample, an applet that says that it fails or does not sample again.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from contextlib import ExitStack, closing
from pathlib import Path

from tests.campaigns.clock import HOUR, SHORT, WEB, Life, judge
from tests.campaigns.faults import FaultyApplet
from tests.campaigns.outcome import run_campaign
from tests.history.stores import KEEP_ALL
from trayapp.history.reader import HistoryReader

SLEEPS_SECONDS = (2.0, 20.0, 90.0, 600.0, 1800.0, HOUR)
AWAKE_SECONDS = 10.0
"""So soon after it goes on, an applet samples again."""


def sleep_in_simulation(chance: random.Random) -> list[str]:
    """Live through some sleeps; return what was wrong."""
    begin = time.time() - 8 * HOUR
    interval = chance.choice((1.0, 1.0, 2.0, 5.0))
    gaps: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder, "history.sqlite3"), KEEP_ALL, begin)
        with closing(life):
            life.pass_ticks(120, interval)
            is_counted = chance.random() < 0.5
            for _sleep in range(chance.randint(1, 4)):
                seconds = chance.choice(SLEEPS_SECONDS)
                before = life.wall
                life.wall += seconds
                life.monotonic += seconds if is_counted else 0.0
                if is_counted and seconds >= 600.0 and chance.random() < 0.25:
                    # Across a gap that is seen nobody knows how fast that came.
                    life.web_mib += chance.choice((-50.0, 30.0, 80.0))
                life.pass_ticks(chance.randint(60, 200), interval)
                gaps.append((before, before + seconds))
            life.wrong += [f"reported {key} after a gap" for key in life.reported]
            life.reported.clear()
            life.pass_ticks(90, interval, SHORT)
            if not life.reported:
                life.wrong.append("a shortage is not reported")
            right = life.wall
        judge(life, right, life.count, is_all_kept=True)
        with HistoryReader(life.path) as reader:
            for begin, end in gaps:
                if not 90.0 <= end - begin <= 1800.0:
                    continue
                points = reader.points(WEB, begin - 30 * interval, end + 30 * interval)
                if not any(point.mean is None for point in points):
                    life.wrong.append(f"a gap of {end - begin:.0f} s is not shown")
    return life.wrong


def stop_for_a_while(applet: FaultyApplet, chance: random.Random) -> list[str]:
    """Stop a running applet as a sleeping machine does; return what was wrong afterwards."""
    before = applet.seen()["samples"]
    os.kill(applet.process.pid, signal.SIGSTOP)
    time.sleep(chance.uniform(2.0, 6.0))
    os.kill(applet.process.pid, signal.SIGCONT)
    wrong = []
    if not applet.wait(lambda seen: seen["samples"] > before + 2, AWAKE_SECONDS):
        wrong.append("it does not sample again")
    if applet.wait(lambda seen: bool(seen["stalled"]) or bool(seen["problems"]), 1.5):
        wrong.append(f"it says {applet.seen()}")
    if not applet.is_whole():
        wrong.append("it is not whole")
    return wrong


def main() -> int:
    """Make the attempts; the applet is started when it is needed first."""
    logging.disable(logging.ERROR)
    stops = 0
    with ExitStack() as stack:
        applets: list[FaultyApplet] = []

        def attempt(chance: random.Random) -> str | None:
            nonlocal stops
            try:
                if chance.random() < 0.05:
                    if not applets:
                        home = stack.enter_context(tempfile.TemporaryDirectory())
                        applets.append(FaultyApplet(Path(home)))
                        stack.callback(applets[0].end)
                    stops += 1
                    wrong = stop_for_a_while(applets[0], chance)
                else:
                    wrong = sleep_in_simulation(chance)
            except Exception:  # noqa: BLE001 - what the campaign looks for
                wrong = [traceback.format_exc()]
            return "; ".join(dict.fromkeys(wrong)) or None

        code = run_campaign("suspend", attempt, tries=200, seconds=1800)
    print(f"  a running applet was stopped {stops} times")
    return code


if __name__ == "__main__":
    sys.exit(main())

"""Clocks that are set, stand still or jump: nothing kept is lost, nothing false is reported.

Run `python -m tests.campaigns.clock [--tries 300] [--seed N]`. Each try lets a monitor and the
history's writer live through some moves of the wall clock (seconds to 400 days, back and ahead,
standing still, across a change to summer time) and of the monotonic clock, without waiting. The
memory of all programs stays as it is, until the machine comes under pressure at the end.

Failures: an exception, an alert about memory that does not change, a shortage that is not
reported, a sample that is not there, a value that was never written, minutes that are not the sum
of their samples, a clock that was far ahead and is not reported, a newest sample that is not.
"""

from __future__ import annotations

import logging
import os
import random
import sys
import tempfile
import time
import traceback
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from tests.campaigns.outcome import run_campaign
from tests.domain.building import MIB, TOTAL_BYTES, frame, target
from tests.history.stores import KEEP_ALL, query
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.monitor_values import USED
from trayapp.domain.records.series import Series
from trayapp.history.reader import HistoryReader
from trayapp.history.writer import HistoryWriter, Retention

HOUR, DAY = 3600.0, 86_400.0
FAR_SECONDS = 30 * DAY
WEB = Series("target", "web", "rss_bytes")
WEB_MIB = 200.0
CALM, SHORT = 0.5, 0.97
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")


class Life:
    """A monitor and a writer that live by two clocks of their own."""

    def __init__(self, path: Path, retention: Retention, begin: float) -> None:
        self.path = path
        self.monotonic = 1000.0
        self.wall = begin
        self.is_standing = False
        self.count = 0
        self.wrong: list[str] = []
        self.reported: list[str] = []
        self.notes: set[str] = set()
        self.web_mib = WEB_MIB
        self.web_bytes = set[float]()
        """All that were written."""
        self._monitor = Monitor(MonitorRules(targets=(TargetRule(name="web", match="web"),)))
        self._writer = HistoryWriter(path, retention)

    def pass_ticks(self, count: int, interval_seconds: float, used_share: float = CALM) -> None:
        """Take so many samples."""
        for _tick in range(count):
            self.monotonic += interval_seconds
            self.wall += 0.0 if self.is_standing else interval_seconds
            self.take_sample(interval_seconds, used_share)

    def take_sample(self, interval_seconds: float, used_share: float) -> None:
        taken = frame(
            self.monotonic,
            target("web", self.web_mib),
            used_share=used_share,
            interval_seconds=interval_seconds,
        )
        taken = replace(taken, wall_seconds=self.wall)
        self.web_bytes.add(self.web_mib * MIB)
        outcome = self._monitor.judge_frame(taken, Quiet())
        self.reported += [each.incident.key for each in outcome.announcements]
        self._writer.add(self.wall, outcome.values)
        self.count += sum(series in (WEB, USED) for series, _value in outcome.values)
        for event in outcome.events:
            self._writer.add_event(event)
        self._writer.maintain(self.monotonic)
        if self._writer.note is not None:
            self.notes.add(self._writer.note)
        if self._writer.problem is not None:
            self.wrong.append(self._writer.problem)

    def close(self) -> None:
        """Write what waits; more than once does no harm."""
        self._writer.close()


def move(life: Life, chance: random.Random, *, is_monotonic_moved: bool) -> None:
    """Move the clocks in one of the ways that clocks move."""
    size = chance.choice((0.5, 3.0, 59.0, 61.0, HOUR, DAY, 29 * DAY, 31 * DAY, 400 * DAY))
    way = chance.choice(("ahead", "back", "stands", "goes", "monotonic", "both", "summer", "1970"))
    life.is_standing = way == "stands"
    match way:
        case "ahead":
            life.wall += size
        case "back":
            life.wall -= size
        case "monotonic" | "both" if is_monotonic_moved:
            seconds = min(size, HOUR)
            life.monotonic += seconds
            life.wall += seconds if way == "both" else 0.0
        case "summer":
            # A night in which many clocks are set, some minutes before.
            year = time.gmtime(life.wall).tm_year
            day = chance.choice(((3, 29), (10, 25), (3, 8), (11, 1)))
            life.wall = time.mktime((year, *day, 1, 55, 0, 0, 0, -1))
        case "1970":
            life.wall = chance.uniform(0.0, DAY)


def judge(life: Life, right: float, given: int, *, is_all_kept: bool) -> None:
    """Look at what was kept; `right`: the wall time it is now."""
    for table in ("minute", "hour"):
        finer, unit, width = ("raw", 1000, 60) if table == "minute" else ("minute", 1, 3600)
        column, summed = ("t_ms", "count(*)") if finer == "raw" else ("t_s", "sum(count)")
        unequal = query(
            life.path,
            f"SELECT count(*) FROM {table} AS whole WHERE count <> (SELECT {summed} FROM {finer}"  # noqa: S608
            f" WHERE series = whole.series AND {column} >= whole.t_s * {unit}"
            f" AND {column} < (whole.t_s + {width}) * {unit}) AND NOT EXISTS (SELECT 1 FROM pending"
            f" WHERE pending.t_s >= whole.t_s AND pending.t_s < whole.t_s + {width})",
        )[0][0]
        if unequal and is_all_kept:
            life.wrong.append(f"{unequal} of {table} are not the sum of their samples")
    stored = query(
        life.path,
        "SELECT count(*) FROM raw JOIN series ON series = id"
        " WHERE metric = 'rss_bytes' AND kind = 'target' OR metric = 'used_bytes'",
    )[0][0]
    if is_all_kept and stored != given:
        life.wrong.append(f"{given - stored} of {given} samples are missing")
    values = query(
        life.path,
        "SELECT DISTINCT value FROM raw JOIN series ON series = id"
        " WHERE kind = 'target' AND metric = 'rss_bytes'",
    )
    if not {value for (value,) in values} <= life.web_bytes:
        life.wrong.append(f"values that were never written: {values[:5]}")
    with HistoryReader(life.path) as reader:
        first, last = reader.span() or (0.0, 0.0)
        if not right - HOUR <= last <= time.time() + DAY:
            life.wrong.append(f"the newest is of {last - right:+.0f} s")
        points = reader.points(USED, min(first, right - HOUR), right + 1)
        if any(after.wall_seconds < before.wall_seconds for before, after in pairwise(points)):
            life.wrong.append("a curve runs back")
        points = reader.points(USED, right - 30, right + 1)
        means = [point.mean for point in points if point.mean is not None]
        if not means or abs(means[-1] - TOTAL_BYTES * SHORT) > MIB:
            life.wrong.append(f"the end of the curve is {means[-1:]}")
        for event in reader.events(0, right + 1000 * DAY):
            if event.kind == "alert" and not event.data.get("incident"):
                life.wrong.append(f"an event that was never written: {event}")
    far = query(life.path, "SELECT count(*) FROM raw WHERE t_ms > ?", (right + FAR_SECONDS) * 1000)
    if far[0][0] and not any("far ahead" in note for note in life.notes):
        life.wrong.append("samples of a clock far ahead are not reported")


def attempt(chance: random.Random) -> str | None:
    """Live through some moves; return what was wrong."""
    os.environ["TZ"] = chance.choice(ZONES)
    time.tzset()
    # A reader goes by the real clock.
    begin = time.time() - 8 * HOUR
    is_all_kept = chance.random() < 0.6
    retention = KEEP_ALL if is_all_kept else Retention(raw_seconds=2 * HOUR)
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder, "history.sqlite3"), retention, begin)
        with closing(life):
            try:
                interval = chance.choice((1.0, 1.0, 2.0, 5.0))
                # More than what follows: else it is not known which clock is wrong.
                life.pass_ticks(600, interval)
                for _move in range(chance.randint(1, 6)):
                    move(life, chance, is_monotonic_moved=is_all_kept)
                    life.pass_ticks(chance.randint(1, 90), interval)
                # Somebody sets the clock right.
                life.is_standing = False
                life.wall = right = begin + life.monotonic - 1000.0
                life.pass_ticks(90, interval)
                life.wrong += [f"reported {key} of what does not change" for key in life.reported]
                life.reported.clear()
                life.pass_ticks(90, interval, SHORT)
                if not life.reported:
                    life.wrong.append("a shortage is not reported")
                right = life.wall
                life.close()
                judge(life, right, life.count, is_all_kept=is_all_kept)
            except Exception:  # noqa: BLE001 - what the campaign looks for
                life.wrong.append(traceback.format_exc())
    return "; ".join(dict.fromkeys(life.wrong)) or None


def main() -> int:
    """Make the attempts."""
    logging.disable(logging.ERROR)
    return run_campaign("clock", attempt, tries=300, seconds=1800)


if __name__ == "__main__":
    sys.exit(main())

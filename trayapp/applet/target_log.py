"""The memory log of one target."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from trayapp.domain.grouping.tasks import Task
from trayapp.domain.judging.view import TargetView, View
from trayapp.domain.records.log_lines import (
    BETWEEN,
    UNKNOWN,
    opening,
    runs_line,
    sizes,
)
from trayapp.probe.daily_file import DailyFile, stamp_of, tidy, zone_of
from trayapp.settings.records import LogSettings

_MOST_NAMES = 50
_LONGEST_FOLDER = 60


class TargetLog:
    """Appends to the target's file of the day. The sampler thread; raises nothing."""

    def __init__(
        self,
        folder: Path,
        name: str,
        settings: Callable[[], LogSettings],
        report: Callable[[str], object],
    ) -> None:
        self._name = name
        self._settings = settings
        self._pid: int | None = None
        self._folder = folder / folder_name(name)
        self._day = ""
        self._file = DailyFile(str(self._folder), self._opening, report)

    def write(self, view: View, target: TargetView, tasks: Sequence[Task]) -> None:
        """Write the line of now, after the tasks that have ended since the last one."""
        now = view.wall_seconds
        self._follow_day(now)
        pid = target.pids[0] if target.pids else self._pid
        if pid != self._pid:
            self._pid = pid
            self._file.begin_anew()
        for name in list(dict.fromkeys(task.name for task in tasks))[:_MOST_NAMES]:
            ended = [task for task in tasks if task.name == name]
            self._file.write(now, runs_line(
                name,
                len(ended),
                sum(task.failed is not None for task in ended),
                sum(task.seconds for task in ended),
                sum(task.kept_bytes or 0 for task in ended),
                max((task.peak_rss_bytes or 0 for task in ended), default=0),
            ))  # fmt: skip
        system = view.system
        figures = sizes(
            target.rss_bytes,
            target.particulars.virtual_bytes,
            system.available_bytes,
            system.total_bytes,
        )
        # Which tasks run is not known from outside.
        self._file.write(now, f"{BETWEEN} [{UNKNOWN}]{figures}")

    def close(self) -> None:
        self._file.close()

    def _opening(self, wall_seconds: float) -> str:
        stamp, zone = stamp_of(wall_seconds), zone_of(wall_seconds)
        return opening(stamp, zone, self._pid, self._name)

    def _follow_day(self, now: float) -> None:
        day = stamp_of(now)[:10]
        if day != self._day:
            self._day = day
            settings = self._settings()
            tidy(str(self._folder), time.time(), settings.keep_days, settings.remove_days)


def folder_name(target: str) -> str:
    """Return a name for the folder of a target, whatever it is called; no two have the same."""
    plain = "".join(each if each.isalnum() or each in "-_." else "_" for each in target)
    plain = plain.strip(".")[:_LONGEST_FOLDER] or "_"
    if plain == target:
        return plain
    return f"{plain}-{hashlib.sha256(target.encode('utf-8', 'replace')).hexdigest()[:6]}"

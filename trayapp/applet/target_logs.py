"""The daily memory logs of targets, as `[log]` of the settings wants them.

What writes them is loaded when they are switched on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trayapp.applet.target_log import TargetLog
    from trayapp.domain.grouping.tasks import Task
    from trayapp.domain.judging.view import TargetView, View
    from trayapp.settings.records import LogSettings

MOST_TARGETS = 100
MOST_WAITING = 1000
"""Tasks that are kept for the next line."""


class TargetLogs:
    """Writes a line for each target that is running, every two minutes or as set."""

    def __init__(
        self,
        settings: Callable[[], LogSettings],
        data_folder: Path,
        report: Callable[[str], None],
    ) -> None:
        """`report` gets a problem once, in one line; the sampler thread."""
        self._settings = settings
        self._data_folder = data_folder
        self._report = report
        self._logs: dict[str, TargetLog] = {}
        self._folder: Path | None = None
        self._due_seconds = 0.0
        self._waiting: list[tuple[str, Task]] = []
        self._lock = threading.Lock()

    def note_task(self, target: str, task: Task) -> None:
        """Have a task that has ended written with the next line. Any thread."""
        if self._settings().enabled:
            with self._lock:
                if len(self._waiting) < MOST_WAITING:
                    self._waiting.append((target, task))

    def tick(self, view: View) -> None:
        """Write if it is time. The sampler thread."""
        settings = self._settings()
        if not settings.enabled:
            if self._logs:
                self._close()
            return
        now = time.monotonic()
        if now < self._due_seconds:
            return
        self._due_seconds = now + settings.interval_seconds
        self._follow_folder(_expand(Path(settings.folder)))
        with self._lock:
            waiting, self._waiting = self._waiting, []
        wanted = [
            target
            for target in view.targets
            if not settings.targets or target.name in settings.targets
        ]
        for target in wanted[:MOST_TARGETS]:
            tasks = [task for name, task in waiting if name == target.name]
            if target.pids or tasks:
                self._log_of(target).write(view, target, tasks)
        for name in self._logs.keys() - {target.name for target in wanted}:
            self._logs.pop(name).close()

    def _log_of(self, target: TargetView) -> TargetLog:
        log = self._logs.get(target.name)
        if log is None:
            from trayapp.applet.target_log import TargetLog

            folder = self._folder or self._data_folder
            log = TargetLog(folder, target.name, self._settings, self._report)
            self._logs[target.name] = log
        return log

    def _follow_folder(self, folder: Path) -> None:
        wanted = self._data_folder / folder
        if wanted != self._folder:
            self._close()
            self._folder = wanted

    def _close(self) -> None:
        for log in self._logs.values():
            log.close()
        self._logs.clear()


def _expand(folder: Path) -> Path:
    """Return the folder with the home of whoever is named; "~x" where there is no such person."""
    try:
        return folder.expanduser()
    except (RuntimeError, ValueError):
        return folder

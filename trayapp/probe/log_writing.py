"""The daily memory log that a program writes of itself, without any Memtray that runs.

A line every two minutes, and one where each task begins and ends, in files of one day. What a line
looks like is declared in `trayapp.domain.records.log_lines`; `memtray log analyze` reads them.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path

from trayapp.domain.records.log_lines import (
    ABOUT,
    BETWEEN,
    CLOSED,
    ENDED,
    PID,
    RUN,
    STARTED,
    TOOK,
    WHERE,
    field,
    in_brackets,
    kept_field,
    listed,
    opening,
    result_field,
    runs_line,
    sizes,
)
from trayapp.probe.daily_file import DailyFile, stamp_of, tidy, zone_of
from trayapp.probe.resident import read_sizes_bytes
from trayapp.probe.tasks import Run, begun_names, heap_bytes, listen_to_tasks

BURST_RUNS, RUNS_PER_SECOND = 200, 1.0
"""So many runs of tasks have lines of their own; what is beyond is counted by name and written
together with the next regular line, lest short tasks fill the disk."""
MOST_NAMES = 200
"""Of tasks whose runs are counted together; the runs of others are counted under `OTHERS`."""
OTHERS = "others"
AVAILABLE_SECONDS = 1.0
"""How old the machine's available memory may be in a line."""

_HERE = sys._getframe().f_code.co_filename.rpartition(os.sep)[0]

_current: ContextVar[Run | None] = ContextVar("task in the memory log", default=None)


class _Crowd:
    """Runs of one name that have no lines of their own."""

    __slots__ = ("count", "failed", "kept_bytes", "peak_bytes", "seconds")

    def __init__(self) -> None:
        self.count = self.failed = self.kept_bytes = self.peak_bytes = 0
        self.seconds = 0.0

    def add(self, run: Run) -> None:
        self.count += 1
        self.failed += run.failed is not None
        self.kept_bytes += run.kept_bytes or 0
        self.peak_bytes = max(self.peak_bytes, run.after_bytes or 0)
        self.seconds += run.seconds


class MemoryLog:
    """Writes the log of this process until it is closed. Any thread; raises nothing."""

    def __init__(
        self, folder: str, interval_seconds: float, keep_days: int, remove_days: int
    ) -> None:
        self.folder = folder
        self._interval_seconds = interval_seconds
        self._days = keep_days, remove_days
        self._file = DailyFile(folder, self._opening, _report)
        # Tasks may begin and end in a signal's handler, while its own thread is counting.
        self._lock = threading.RLock()
        self._number = 0
        self._spare_runs, self._counted_at = float(BURST_RUNS), time.monotonic()
        self._crowds: dict[str, _Crowd] = {}
        self._placed: set[str] = set()
        """Tasks of which this file says where in the program they are."""
        self._available: tuple[float, int | None, int | None] = (0.0, None, None)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory log", daemon=True)

    def start(self) -> None:
        """Write the first line and go on. Raises: RuntimeError where no thread can be started."""
        self._write_regular_line()
        self._thread.start()

    def close(self) -> None:
        """Write the last lines; do not wait for the thread."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._write_regular_line()
        self._file.write(time.time(), f"{ABOUT} {CLOSED}{field(PID, os.getpid())}")
        self._file.close()

    def abandon(self) -> None:
        """Leave the log, which is the parent's, in a child that was just forked."""
        self._file.close()

    def on_begin(self, run: Run) -> None:
        """Write that a task begins. The thread that runs it."""
        outer = _current.get()
        while outer is not None and outer.has_ended:
            outer = outer.around
        run.around = outer
        _current.set(run)
        if not self._takes_run():
            return
        with self._lock:
            self._number += 1
            run.mark = self._number
            text = f"{STARTED} {in_brackets(run.name)}"
            text += self._sizes(_fresh(run.before_heap_bytes)) + _place(run)
            if run.name not in self._placed and len(self._placed) < MOST_NAMES:
                self._placed.add(run.name)
                text += field(WHERE, _where(run))
            self._file.write(run.began_wall_seconds, text)

    def on_end(self, run: Run) -> None:
        """Write that a task has ended, and how. The thread that ends it."""
        outer, run.around = run.around, None  # or runs that start one another would pile up
        if _current.get() is run:
            _current.set(outer)
        with self._lock:
            if not run.mark:
                self._count(run)
                return
            text = f"{ENDED} {in_brackets(run.name)}"
            text += self._sizes(_fresh(run.after_heap_bytes))
            text += field(RUN, run.mark) + field(TOOK, f"{run.seconds:.3f} s")
            text += kept_field(run.kept_bytes) + result_field(run.failed, run.note)
            self._file.write(time.time(), text)

    def _takes_run(self) -> bool:
        """Return whether a run that begins may have lines of its own."""
        now = time.monotonic()
        with self._lock:
            since, self._counted_at = now - self._counted_at, now
            self._spare_runs = min(BURST_RUNS, self._spare_runs + since * RUNS_PER_SECOND)
            if self._spare_runs < 1:
                return False
            self._spare_runs -= 1
            return True

    def _count(self, run: Run) -> None:
        name = run.name
        if name not in self._crowds and len(self._crowds) >= MOST_NAMES:
            name = OTHERS
        self._crowds.setdefault(name, _Crowd()).add(run)

    def _run(self) -> None:
        """The thread of the log."""
        day = ""
        due = time.monotonic()
        while not self._stop.is_set():
            today = stamp_of(time.time())[:10]
            if today != day:
                day = today
                tidy(self.folder, time.time(), *self._days)
            now = time.monotonic()
            # After the machine has slept, one line is enough.
            due = max(due + self._interval_seconds, now)
            if self._stop.wait(min(due - now, threading.TIMEOUT_MAX)):
                return
            with suppress(Exception):  # out of memory, say: the program goes on, and so does this
                self._write_regular_line()

    def _write_regular_line(self) -> None:
        with self._lock:
            now = time.time()
            crowds, self._crowds = self._crowds, {}
            for name, crowd in crowds.items():
                self._file.write(now, _crowd_line(name, crowd))
            figures = self._sizes(heap_bytes())
            self._file.write(now, f"{BETWEEN} {listed(begun_names())}{figures}")

    def _sizes(self, heap_bytes: int | None) -> str:
        now = time.monotonic()
        if self._available[0] + AVAILABLE_SECONDS <= now or self._available[0] == 0.0:
            self._available = (now, *_read_available_bytes())
        return sizes(*read_sizes_bytes(), *self._available[1:], heap_bytes)

    def _opening(self, wall_seconds: float) -> str:
        self._placed.clear()
        program = sys.argv[0].rpartition(os.sep)[2] if sys.argv else ""
        return opening(stamp_of(wall_seconds), zone_of(wall_seconds), os.getpid(), program)


_log: MemoryLog | None = None
_starting = threading.Lock()


def open_log(folder: str, interval_seconds: float, keep_days: int, remove_days: int) -> None:
    """See `memory_log`. Raises: whatever goes wrong."""
    global _log
    path = str(Path(folder).absolute())
    with _starting:
        if _log is not None and _log.folder == path:
            return
        _close()
        log = MemoryLog(path, max(0.1, interval_seconds), keep_days, remove_days)
        log.start()
        _log = log
        listen_to_tasks(log)


def close_log() -> None:
    """See `stop_memory_log`."""
    with suppress(Exception), _starting:
        _close()


def _close() -> None:
    global _log
    log, _log = _log, None
    listen_to_tasks(None)
    if log is not None:
        log.close()


def _place(run: Run) -> str:
    """Return the run's number, and that of the one in which it began."""
    outer = run.around
    if outer is None or not outer.mark:
        return field(RUN, run.mark)
    # "in": the outer one waits meanwhile. "by": it goes on, beside what it has started.
    relation = "in" if outer.runner_id == run.runner_id else "by"
    return field(RUN, f"{run.mark} {relation} {outer.mark}")


def _fresh(known_bytes: int | None) -> int | None:
    """Return the heap as it is now: what was read before this line's turn may be out of order."""
    return None if known_bytes is None else heap_bytes() or known_bytes


def _where(run: Run) -> str:
    """Return file, line and function of what a task runs, or of what began it."""
    code = run.code
    line = 0 if code is None else code.co_firstlineno
    if code is None:
        frame = sys._getframe(1)
        while frame.f_back and frame.f_code.co_filename.rpartition(os.sep)[0] == _HERE:
            frame = frame.f_back
        code, line = frame.f_code, frame.f_lineno
    return f"{code.co_filename.rpartition(os.sep)[2]}:{line} {code.co_qualname}"


def _crowd_line(name: str, crowd: _Crowd) -> str:
    return runs_line(
        name, crowd.count, crowd.failed, crowd.seconds, crowd.kept_bytes, crowd.peak_bytes
    )


def _read_available_bytes() -> tuple[int | None, int | None]:
    """Return what the machine has available, and in all."""
    try:
        descriptor = os.open("/proc/meminfo", os.O_RDONLY)
        try:
            text = os.read(descriptor, 512)
        finally:
            os.close(descriptor)
        found: dict[bytes, int] = {}
        for line in text.splitlines()[:4]:
            name, _, value = line.partition(b":")
            found[name] = int(value.split()[0]) * 1024
        return found.get(b"MemAvailable"), found.get(b"MemTotal")
    except (OSError, ValueError, IndexError):
        return None, None


def _report(problem: str) -> None:
    with suppress(Exception):  # there may be no standard error, or it may be full, too
        print(f"memtray: {problem}", file=sys.stderr)


def _leave_to_parent() -> None:
    """Begin without a log in a child that was just forked: it is the parent's."""
    global _log, _starting
    log, _log = _log, None
    _starting = threading.Lock()
    listen_to_tasks(None)
    if log is not None:
        log.abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)
atexit.register(close_log)

"""Takes in what programs with a probe left behind when they ended: each file once, then it is gone.

The folder is this user's alone, and yet nothing is believed of what a file holds but what can be.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from trayapp.control.process_endpoints import LEFT_TASKS
from trayapp.control.protocol import decode
from trayapp.dataclass import NamedTuple
from trayapp.domain.grouping.target_tracker import TargetTracker
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.grouping.tasks import Left, Task, read_left

MOST_AT_A_TIME = 100
"""More wait for the next time."""
MOST_BYTES = 1024 * 1024
"""A larger file is none of the probe's."""


class LeftTasks(NamedTuple):
    """The tasks that one program left behind."""

    target: str
    tasks: tuple[Task, ...]
    dropped_count: int


def find_left(runtime: Path) -> list[Path]:
    """Return the files that are there, the oldest first; they may be anything."""
    try:
        files = list(runtime.glob(f"{LEFT_TASKS}-*.json"))
    except OSError:
        return []
    found = [(_written(file), file) for file in files]
    return [file for _, file in sorted(found)[:MOST_AT_A_TIME]]


def collect_left(
    files: Sequence[Path], rules: Callable[[], Sequence[TargetRule]]
) -> Iterator[LeftTasks]:
    """Remove the files, and yield what is in those of targets."""
    for file in files:
        left = _take(file)
        target = None if left is None else _target_of(left, rules())
        if left is not None and target is not None:
            yield LeftTasks(target, left.answer.tasks, left.answer.dropped_count)


def _take(file: Path) -> Left | None:
    # Not to hang at a pipe, nor to follow a link to what is somebody else's.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(file, flags)
        with os.fdopen(descriptor, "rb") as opened:
            found = os.fstat(descriptor)
            is_own = sys.platform == "win32" or found.st_uid == os.geteuid()
            if not stat.S_ISREG(found.st_mode) or not is_own or found.st_size > MOST_BYTES:
                raise ValueError(file)
            return read_left(decode(opened.read(MOST_BYTES)), found.st_mtime)
    except (OSError, ValueError):
        return None
    finally:
        with contextlib.suppress(OSError):
            file.unlink()


def _target_of(left: Left, rules: Sequence[TargetRule]) -> str | None:
    """Return whose process it was, by the rules that hold for the living."""
    # No pid is Memtray's own here: nothing of its own carries a probe.
    tracker = TargetTracker(rules, app_pid=0)
    tracker.apply(appeared=left.processes)
    own = left.processes[0].key
    return next((name for name, keys in tracker.members().items() if own in keys), None)


def _written(file: Path) -> float:
    try:
        return file.lstat().st_mtime
    except OSError:
        return 0.0

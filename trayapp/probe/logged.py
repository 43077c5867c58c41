"""The memory log and the active task, as a program calls them; what does the work is loaded then.

To import the probe is to cost a program next to nothing, whatever it can do.
"""

from __future__ import annotations

import os
from contextlib import suppress


def memory_log(
    folder: str | os.PathLike[str],
    interval_seconds: float = 120.0,
    *,
    keep_days: int = 30,
    remove_days: int = 365,
) -> bool:
    """Write `memory_YYYYMMDD.log` into the folder from now on: a text that a person can grep.

        trayapp.probe.memory_log("logs/")

    It has a line every `interval_seconds`, and one where each task begins and ends. Files of days
    that are `keep_days` ago are packed (`.gz`), and removed after `remove_days`. Where the log
    cannot be written, that is said once on standard error, and tried again with the lines that
    follow. Called again with another folder, it goes on there. A forked child has no log until it
    calls this. Any thread.

    Returns: whether it goes on; never raises.
    """
    try:
        from trayapp.probe.log_writing import open_log

        open_log(os.fspath(folder), float(interval_seconds), int(keep_days), int(remove_days))
    except Exception:  # noqa: BLE001  (a helper must not be what its program stumbles over)
        return False
    return True


def stop_memory_log() -> None:
    """End the log; harmless where there is none. Any thread; never raises."""
    with suppress(Exception):
        from trayapp.probe.log_writing import close_log

        close_log()


def set_active_task(name: str) -> None:
    """Begin a task, as `with task(name)` does, and end the one that this set before.

    Each thread and each asyncio task has an active task of its own. Any thread; never raises.
    """
    with suppress(Exception):  # out of memory, say: the program goes on
        from trayapp.probe.active_task import begin_active

        begin_active(name)


def clear_active_task(note: str | None = None) -> None:
    """End the active task; the note, such as "12 rows", goes into the memory log with it.

    Where this is called while an exception is handled, the task has failed with that. Harmless
    where there is none. Any thread; never raises.
    """
    with suppress(Exception):
        from trayapp.probe.active_task import end_active

        end_active(note)

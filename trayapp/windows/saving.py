"""`memtray export` and `memtray report` without a file: a small window that asks for one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from trayapp.windows.file_writing import Verb
from trayapp.windows.opening import is_dark, no_toolkit


def main(
    verb: Verb,
    memtray: Sequence[str],
    open_file: Callable[[Path], object],
    *,
    arguments: Sequence[str] = (),
    dark: bool | None = None,
) -> int:
    """Ask for a file, and have it written. Main thread of a child process.

    `memtray` is the command that starts Memtray, `open_file` shows what was written.

    Returns: the exit code, 0.
    Raises: WindowError where there can be no window, with one line for the person.
    """
    try:
        from trayapp.windows.saving_window import SavingWindow
    except ImportError as error:
        raise no_toolkit(error) from error
    SavingWindow(verb, memtray, open_file, arguments=tuple(arguments), dark=is_dark(dark)).run(
        follow_desktop=dark is None
    )
    return 0

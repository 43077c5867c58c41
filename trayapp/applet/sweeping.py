"""Removing, at the start, the temporary files that killed processes have left."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from trayapp.log import Log
from trayapp.paths import UNFINISHED, Paths

_LEAST_AGE_SECONDS = 10.0
"""Younger, somebody may be writing it now."""
_MADE_BESIDE = re.compile(r"\.memtray-\w+(\.part)?|\..+\.part")
"""The names of what is made beside the file that a person asked for."""
_log = Log(__name__)


def sweep(paths: Paths, config_file: Path) -> int:
    """Remove what was left unfinished, in Memtray's folders and where it was noted.

    Returns: how much that was; what cannot be removed stays.
    """
    settings = Path(os.path.realpath(config_file))
    places = (
        # It may hold secrets.
        (settings.parent, rf"\.{re.escape(settings.name)}\.[0-9a-f]{{8}}"),
        (paths.data, r"(state|tray|incidents)\.json\.new"),
        (paths.snapshots, r"snapshot\.partial"),
        (paths.windows, r"\..+\.\d+"),
        (paths.runtime, r"window-\d+\.log"),
    )
    left = [each for folder, pattern in places for each in _aged(folder, re.compile(pattern))]
    count = sum(map(_remove, left)) + _sweep_noted(paths.data / UNFINISHED)
    if count:
        _log.warning("%d temporary files of processes that were killed are removed", count)
    return count


def _aged(folder: Path, pattern: re.Pattern[str]) -> Iterator[Path]:
    newest = time.time() - _LEAST_AGE_SECONDS
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if pattern.fullmatch(entry.name):
                with suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_mtime < newest:
                        yield Path(entry.path)


def _sweep_noted(folder: Path) -> int:
    """Remove what processes that live no more have noted; each note is named by its process."""
    count = 0
    for note in _aged(folder, re.compile(r"\d+-[0-9a-f]+")):
        if _lives(int(note.name.partition("-")[0])):
            continue
        with suppress(OSError, ValueError):
            path = Path(os.fsdecode(note.read_bytes()))
            if path.is_absolute() and _MADE_BESIDE.fullmatch(path.name):
                count += _remove(path)
        _remove(note)
    return count


def _lives(pid: int) -> bool:
    if os.name != "posix":
        return True  # There, this way of asking would end it.
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def _remove(path: Path) -> bool:
    try:
        found = path.lstat()
        if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
            return False
        if stat.S_ISDIR(found.st_mode):
            import shutil  # Hardly ever needed.

            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError:
        return False
    return True

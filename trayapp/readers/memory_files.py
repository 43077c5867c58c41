"""The largest files of a tmpfs, and whose they are."""

from __future__ import annotations

import heapq
import os
import time
from collections.abc import Iterator

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.names import process_label
from trayapp.domain.records.outside import LargestFile
from trayapp.language.catalogue import _
from trayapp.readers.mounts import MemoryMount, ask_in_time
from trayapp.readers.procfile import read_all, read_start

MOST_FILES = 5
MOST_ENTRIES = 50_000
"""So many files of one tmpfs are looked at."""
LEAST_BYTES = 64 * 1024
"""A file that is worth a line."""
BLOCK_BYTES = 512
MOST_COMMAND_BYTES = 4096


class TmpFile(NamedTuple):
    """A file in memory."""

    path: str
    size_bytes: int
    uid: int


def largest_files(
    path: str, deadline: float, most_entries: int = MOST_ENTRIES
) -> tuple[list[TmpFile], bool]:
    """Return the largest files below a folder, and whether all were looked at.

    deadline: monotonic seconds. Other file systems mounted below it are left alone.
    """
    found: list[TmpFile] = []
    count, waiting = 0, [path]
    try:
        device = os.lstat(path).st_dev
    except OSError:
        return [], False
    while waiting:
        for entry, status in _entries(waiting.pop(), device):
            count += 1
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            elif status.st_blocks * BLOCK_BYTES >= LEAST_BYTES:
                found.append(TmpFile(entry.path, status.st_blocks * BLOCK_BYTES, status.st_uid))
            if count >= most_entries or time.monotonic() > deadline:
                return _largest(found), False
    return _largest(found), True


def largest_file(root: str, mount: MemoryMount, seconds: float) -> LargestFile | None:
    """Return it; None: there is none, or it was not found in time. Takes up to twice as long."""
    path, proc = root + mount.path, f"{root}/proc"
    deadline = time.monotonic() + seconds
    walked = ask_in_time(lambda: largest_files(path, deadline), 2 * seconds)
    if not walked or not walked[0]:
        return None
    file = walked[0][0]
    shown = mount.folder.rstrip("/") + file.path[len(path.rstrip("/")) :]
    pid = _holder(proc, shown, deadline + seconds)
    owner = None if pid is None else _process_name(proc, pid)
    return LargestFile(shown, file.size_bytes, owner or user_name(file.uid))


def _holder(proc: str, path: str, deadline: float) -> int | None:
    """Return the newest process that has a file open; None: nobody here, or not found in time."""
    pids = [int(name) for name in os.listdir(proc) if name.isdigit()]  # noqa: PTH208
    for pid in sorted(pids, reverse=True):
        if time.monotonic() > deadline:
            return None
        folder = f"{proc}/{pid}/fd"
        try:
            for number in os.listdir(folder):  # noqa: PTH208
                if os.readlink(f"{folder}/{number}") == path:  # noqa: PTH115
                    return pid
        except OSError:
            continue
    return None


def process_title(proc: str, pid: int) -> str:
    """Return the name and pid of a process; of one that has ended the pid alone."""
    name = _process_name(proc, pid)
    if name is None:
        return _("process {pid}, which has exited").format(pid=pid)
    return _("{name} (pid {pid})").format(name=name, pid=pid)


def _process_name(proc: str, pid: int) -> str | None:
    """Return what a person calls a process; None: it has ended."""
    try:
        name = os.fsdecode(read_all(f"{proc}/{pid}/comm").rstrip(b"\n"))
        command_line = read_start(f"{proc}/{pid}/cmdline", MOST_COMMAND_BYTES)
    except OSError:
        return None
    arguments = [os.fsdecode(each) for each in command_line.split(b"\0") if each]
    return process_label(arguments, name)


def user_name(uid: int) -> str:
    """Return the name of a user, or the number where there is none."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):
        return str(uid)


def _entries(folder: str, device: int) -> Iterator[tuple[os.DirEntry[str], os.stat_result]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if status.st_dev == device:
                    yield entry, status
    except OSError:
        return


def _largest(files: list[TmpFile]) -> list[TmpFile]:
    return heapq.nlargest(MOST_FILES, files, key=lambda file: file.size_bytes)

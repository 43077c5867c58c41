"""Files in memory: each tmpfs with its largest files, and the deleted ones that are held open."""

from __future__ import annotations

import heapq
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from trayapp.domain.records.account import AccountPart, largest_and_rest
from trayapp.language.catalogue import _
from trayapp.readers.account.holders import Held, holder_names
from trayapp.readers.account.look import Look, user_name
from trayapp.readers.account.mounts import MemoryMount, ask_in_time

MOST_FILES = 5
MOST_ENTRIES = 50_000
"""So many files of one tmpfs are looked at."""
WALK_SECONDS = 0.3
LEAST_BYTES = 64 * 1024
"""A file that is worth a line."""
BLOCK_BYTES = 512


class TmpFile(NamedTuple):
    """A file in memory."""

    path: str
    size_bytes: int
    uid: int


def used_bytes(path: str) -> int | None:
    """Return what the files of a tmpfs take, deleted ones and swapped-out pages included."""
    told = ask_in_time(lambda: os.statvfs(path))
    return None if told is None else (told.f_blocks - told.f_bfree) * told.f_frsize


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


def part_of(look: Look, mount: MemoryMount, held: Iterable[Held]) -> AccountPart | None:
    """Return what one tmpfs takes, with its largest files; None: nothing, or it does not say."""
    size_bytes = used_bytes(mount.path)
    if not size_bytes:
        return None
    deadline = min(look.deadline, time.monotonic() + WALK_SECONDS)
    walked = ask_in_time(lambda: largest_files(mount.path, deadline), 2 * WALK_SECONDS)
    files, is_whole = walked or ([], False)
    by_file = {each.path: each for each in held if not each.is_deleted}
    shown = [_file(look, mount, file, by_file) for file in files]
    shown += [_deleted(look, each) for each in held if each.is_deleted]
    rest = AccountPart(key=f"tmpfs:{mount.folder}.other", title=_("Other files"), size_bytes=0)
    return AccountPart(
        key=f"tmpfs:{mount.folder}",
        title=_("Files in {folder}").format(folder=mount.folder),
        size_bytes=size_bytes,
        sentence=_("A folder in memory (tmpfs): its files stay until somebody deletes them."),
        advice=_("Delete files that nobody needs."),
        note="" if is_whole else _("Not all files were looked at."),
        parts=largest_and_rest(shown, MOST_FILES, size_bytes, rest),
    )


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


def _file(look: Look, mount: MemoryMount, file: TmpFile, held: Mapping[str, Held]) -> AccountPart:
    shown = mount.folder.rstrip("/") + file.path[len(mount.path.rstrip("/")) :]
    holder = held.get(shown)
    who = holder_names(look, holder.pids) if holder else ""
    owner = user_name(file.uid)
    sentence = _("Belongs to {owner}.").format(owner=owner)
    if who:
        sentence = _("Belongs to {owner}; open in {names}.").format(owner=owner, names=who)
    return AccountPart(
        key=f"file:{shown}", title=shown, size_bytes=file.size_bytes, sentence=sentence
    )


def _deleted(look: Look, held: Held) -> AccountPart:
    return AccountPart(
        key=f"deleted:{held.path}",
        title=_("{path} (deleted)").format(path=held.path),
        size_bytes=held.size_bytes,
        sentence=_("Deleted, but held open by {names}.").format(
            names=holder_names(look, held.pids)
        ),
        advice=_("Restart the program that holds it."),
    )

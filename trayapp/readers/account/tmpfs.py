"""Files in memory: each tmpfs with its largest files, and the deleted ones that are held open."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping

from trayapp.domain.records.account import AccountPart, largest_and_rest
from trayapp.language.catalogue import _
from trayapp.readers.account.holders import Held, holder_names
from trayapp.readers.account.look import Look
from trayapp.readers.memory_files import MOST_FILES, TmpFile, largest_files, user_name
from trayapp.readers.mounts import MemoryMount, ask_in_time

WALK_SECONDS = 0.3


def used_bytes(path: str) -> int | None:
    """Return what the files of a tmpfs take, deleted ones and swapped-out pages included."""
    told = ask_in_time(lambda: os.statvfs(path))
    return None if told is None else (told.f_blocks - told.f_bfree) * told.f_frsize


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

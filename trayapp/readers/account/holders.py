"""Who holds memory that has no name any more, or never had one: by descriptors and mappings."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator

from trayapp.dataclass import dataclass, field
from trayapp.language.catalogue import _, format_count, listed
from trayapp.readers.account.look import Look
from trayapp.readers.mounts import MemoryMount, Mounts
from trayapp.readers.procfile import read_all

BLOCK_BYTES = 512
MOST_NAMED = 3
OPEN_SHARE, MAPPED_SHARE = 0.8, 0.9
"""How much of the account's time may be over when the search for what is open, mapped ends."""
_DELETED = " (deleted)"
_MEMFD = "/memfd:"
_SHARED = "/dev/zero"
_MAPPING = re.compile(rb"^([0-9a-f]+-[0-9a-f]+) \S+ \S+ \S+ (\d+) +(/.*)$", re.MULTILINE)


@dataclass(slots=True)
class Held:
    """A file in memory that some processes have open or mapped."""

    path: str
    """As the kernel names it, without its mark; strangers choose it."""
    size_bytes: int
    device: int
    is_deleted: bool
    pids: set[int] = field(default_factory=set)

    @property
    def kind(self) -> str:
        """What it is: "memfd", "shared" for what has no name at all, "file"."""
        if self.is_deleted and self.path.startswith(_MEMFD):
            return "memfd"
        return "shared" if self.is_deleted and self.path == _SHARED else "file"


class Namespaces:
    """What the processes see mounted; each of their namespaces is read once."""

    def __init__(self, proc: str) -> None:
        """Begin with the own one."""
        self._proc = proc
        self._own = _namespace(proc, "self")
        self._known = {self._own: Mounts(proc)}

    def of(self, pid: int) -> Mounts:
        """Return what a process sees; the own view where it does not tell."""
        namespace = _namespace(self._proc, pid) or self._own
        if namespace not in self._known:
            self._known[namespace] = Mounts(self._proc, pid, f"{self._proc}/{pid}/root")
        return self._known[namespace]

    def in_memory(self) -> list[MemoryMount]:
        """Return every tmpfs of the namespaces that are known by now, each once."""
        found: dict[str, MemoryMount] = {}
        for mounts in self._known.values():
            for mount in mounts.in_memory():
                found.setdefault(mount.device, mount)
        return list(found.values())


def find_held(look: Look, pids: Iterable[int], seen: Namespaces) -> tuple[list[Held], bool]:
    """Return what processes hold of files in memory, and whether all would tell.

    pids: those first that are most worth asking; who is not asked in time is left out. What is
    open is looked for before what is only mapped, which costs more.
    """
    found: dict[tuple[int, int], Held] = {}
    is_whole, pids = True, [*pids]
    for places, share in ((_descriptors, OPEN_SHARE), (_mappings, MAPPED_SHARE)):
        for pid in pids:
            if not look.has_time(share):
                break
            mounts = seen.of(pid)
            try:
                for path, link in places(look.proc, pid):
                    if _is_nameless(link) or mounts.is_in_memory(link):
                        _note(found, pid, path, link)
            except PermissionError:
                is_whole = False
            except OSError:
                continue
    return _in_ordinary_memory(found.values()), is_whole


def holder_names(look: Look, pids: Iterable[int]) -> str:
    """Return the holders in a few words, such as "web (pid 7) and 3 more"."""
    ordered = sorted(pids)
    names = [look.name_of(pid) for pid in ordered[:MOST_NAMED]]
    if len(ordered) > MOST_NAMED:
        names.append(_("{count} more").format(count=format_count(len(ordered) - MOST_NAMED)))
    return listed(names)


def _note(found: dict[tuple[int, int], Held], pid: int, path: str, link: str) -> None:
    try:
        # Only what the name has shown to be in memory is asked: another may hang.
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return
    if not stat.S_ISREG(status.st_mode):
        return
    key = status.st_dev, status.st_ino
    held = found.get(key)
    if held is None:
        is_deleted = link.endswith(_DELETED)
        held = found[key] = Held(
            link.removesuffix(_DELETED), status.st_blocks * BLOCK_BYTES, status.st_dev, is_deleted
        )
    held.pids.add(pid)


def _in_ordinary_memory(found: Iterable[Held]) -> list[Held]:
    """Leave out memory files of huge pages, which are counted with those."""
    own = _internal_device()
    return [held for held in found if held.kind == "file" or own in (None, held.device)]


def _descriptors(proc: str, pid: int) -> Iterator[tuple[str, str]]:
    folder = f"{proc}/{pid}/fd"
    for number in os.listdir(folder):  # noqa: PTH208
        path = f"{folder}/{number}"
        try:
            link = os.readlink(path)  # noqa: PTH115
        except OSError:
            continue
        if link.startswith("/"):
            yield path, link


def _mappings(proc: str, pid: int) -> Iterator[tuple[str, str]]:
    seen = set()
    for place, inode, name in _MAPPING.findall(read_all(f"{proc}/{pid}/maps")):
        link = os.fsdecode(name)
        if inode not in seen and not link.startswith("/SYSV"):
            seen.add(inode)
            yield f"{proc}/{pid}/map_files/{os.fsdecode(place)}", link


def _is_nameless(link: str) -> bool:
    return link.startswith((_MEMFD, _SHARED)) and link.endswith(_DELETED)


def _namespace(proc: str, pid: int | str) -> str | None:
    try:
        return os.readlink(f"{proc}/{pid}/ns/mnt")  # noqa: PTH115
    except OSError:
        return None


def _internal_device() -> int | None:
    """Return the number of the kernel's own tmpfs, which nobody sees mounted."""
    try:
        descriptor = os.memfd_create("memtray-asks", os.MFD_CLOEXEC)
    except (AttributeError, OSError):
        return None
    try:
        return os.fstat(descriptor).st_dev
    finally:
        os.close(descriptor)

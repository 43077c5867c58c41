"""Where file systems in memory are mounted: only they are ever asked anything."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from trayapp.dataclass import NamedTuple
from trayapp.readers.procfile import read_all

T = TypeVar("T")
KINDS = (b"tmpfs", b"devtmpfs")
HARMLESS = frozenset(
    b"tmpfs devtmpfs ramfs rootfs proc sysfs cgroup cgroup2 ext2 ext3 ext4 xfs btrfs zfs f2fs "
    b"overlay squashfs erofs vfat exfat bcachefs devpts mqueue hugetlbfs efivarfs jfs".split()
)
"""On the way to a mount, others may hang: a network that is dead, or a program that is stuck."""
WAIT_SECONDS = 0.5


class MemoryMount(NamedTuple):
    """A tmpfs, as one mount namespace sees it."""

    device: str
    """Major and minor number: the same one may be mounted in several places."""
    folder: str
    """Where it is mounted, as those see it who are in that namespace."""
    path: str
    """Where we reach it."""


class Mounts:
    """What is mounted where, as one process sees it."""

    def __init__(self, proc: str, pid: int | str = "self", reach: str = "") -> None:
        """Read it; nothing is mounted where that may not be read.

        reach: before the paths, where they are reached: "" or "/proc/PID/root".
        """
        self._reach = reach
        try:
            lines = read_all(f"{proc}/{pid}/mountinfo").split(b"\n")
        except OSError:
            lines = []
        self._mounts = [found for line in lines if (found := _parse(line))]
        self._kinds = {folder: kind for _device, folder, kind, _is_whole in self._mounts}
        self._seen = {folder: device for device, folder, _kind, _is_whole in self._mounts}
        """Of two in one place, the later one hides the other."""

    def in_memory(self) -> Iterator[MemoryMount]:
        """Yield each tmpfs once, where the way to it leads over nothing that may hang."""
        seen = set()
        for device, folder, kind, is_whole in self._mounts:
            is_hidden = self._seen[folder] != device
            if kind not in KINDS or device in seen or is_hidden or not is_whole:
                continue
            if all(self._kinds.get(above, b"tmpfs") in HARMLESS for above in _above(folder)):
                seen.add(device)
                yield MemoryMount(device, folder, self._reach + folder)

    def is_in_memory(self, path: str) -> bool:
        """Return whether a file is on a tmpfs, by its name alone."""
        kinds = (self._kinds.get(folder) for folder in _above(path))
        return next((kind for kind in kinds if kind is not None), b"") in KINDS


def ask_in_time(question: Callable[[], T], seconds: float = WAIT_SECONDS) -> T | None:
    """Return the answer; None if it takes too long, or there is none. Raises nothing."""
    answers: list[T] = []

    def ask() -> None:
        try:
            answers.append(question())
        except (OSError, ValueError):
            return

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    return answers[0] if answers else None


def _parse(line: bytes) -> tuple[str, str, bytes, bool] | None:
    # ID, parent, device, root, mount point, options…, "-", kind, source, its options
    place, _, kind = line.partition(b" - ")
    places, kinds = place.split(b" "), kind.split(b" ")
    if len(places) < 6 or not kinds[0]:
        return None
    is_whole = places[3] == b"/"
    return places[2].decode("ascii", "replace"), unescaped(places[4]), kinds[0], is_whole


def unescaped(text: bytes) -> str:
    """Undo the kernel's octal escapes of space, tab, newline and backslash."""
    first, *rest = text.split(b"\\")
    parts = [first]
    for part in rest:
        try:
            parts.append(bytes([int(part[:3], 8)]) + part[3:])
        except ValueError:
            parts.append(b"\\" + part)
    return os.fsdecode(b"".join(parts))


def _above(folder: str) -> Iterator[str]:
    while folder not in ("/", ""):
        folder = folder.rpartition("/")[0] or "/"
        yield folder

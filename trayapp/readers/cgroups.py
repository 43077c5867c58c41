"""Which memory cgroup a process is in, and where its files are: version 2, version 1 or both."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from trayapp.dataclass import NamedTuple
from trayapp.readers.procfile import read_number, read_start

_LARGEST_BYTES = 1024 * 1024
"""A machine with many containers has thousands of mounts."""


class Cgroup(NamedTuple):
    """A memory cgroup, with those above it as far as they can be seen from here."""

    version: int
    """1 or 2."""
    mount: str
    """Folder of the topmost that can be seen; the root of all, or of a container."""
    top: str
    """What the kernel calls that one."""
    inside: str
    """The way from there down to this one: "" or "/a/b"."""

    @property
    def path(self) -> str:
        """The kernel's name of it; strangers choose the names."""
        return (self.top + self.inside) or "/"

    @property
    def folder(self) -> str:
        """The folder in which its files are."""
        return self.mount + self.inside

    def read_number(self, name: str) -> int | None:
        """Return the number in one of its files; None: no such file or number, such as "max"."""
        return read_number(f"{self.folder}/{name}")

    def read_limit_bytes(self) -> int | None:
        return self.read_number("memory.limit_in_bytes" if self.version == 1 else "memory.max")

    def read_used_bytes(self) -> int | None:
        return self.read_number("memory.usage_in_bytes" if self.version == 1 else "memory.current")

    def read_stat(self) -> dict[str, int]:
        """Return the figures of its `memory.stat` by name; empty: there is none."""
        try:
            lines = read_start(f"{self.folder}/memory.stat", 16384).decode("ascii", "replace")
        except OSError:
            return {}
        fields = (line.split() for line in lines.split("\n"))
        return {each[0]: int(each[1]) for each in fields if len(each) == 2 and each[1].isdecimal()}

    def clean_cache_in(self, stat: Mapping[str, int]) -> int | None:
        """Return what of its `memory.stat` the kernel drops first: read, unchanged, not mapped.

        None: it does not tell.
        """
        prefix, mapped = ("total_", "mapped_file") if self.version == 1 else ("", "file_mapped")
        dirty, writeback = ("dirty", "writeback") if prefix else ("file_dirty", "file_writeback")
        inactive_bytes = stat.get(f"{prefix}inactive_file")
        if inactive_bytes is None:
            return None
        cached_bytes = inactive_bytes + stat.get(f"{prefix}active_file", 0)
        kept_bytes = sum(stat.get(f"{prefix}{name}", 0) for name in (mapped, dirty, writeback))
        return max(0, cached_bytes - kept_bytes)

    def upwards(self) -> Iterator[Cgroup]:
        """Yield this one, the one it is in, and so on up to the topmost that can be seen."""
        here = self
        yield here
        while here.inside:
            here = here._replace(inside=here.inside.rpartition("/")[0])
            yield here


class _Mount(NamedTuple):
    folder: str
    top: str


class Cgroups:
    """Finds memory cgroups by the mounts of this process.

    In a container, or a cgroup namespace, only what is mounted there can be seen: paths begin at
    its own root, and a process outside has none. Where the memory controller is mounted as
    version 1, its hierarchy counts, beside which an empty version 2 may be mounted, too.
    """

    def __init__(self, root: str = "") -> None:
        self._root = root
        self._version, self._mounts = self._find_mounts()

    def of(self, pid: int | str) -> Cgroup | None:
        """Return the cgroup of a process, or of "self"; None: none can be seen. Raises: OSError."""
        lines = read_start(f"{self._root}/proc/{pid}/cgroup", 16384).split(b"\n")
        for line in lines:
            hierarchy, _, rest = line.partition(b":")
            controllers, _, path = rest.partition(b":")
            is_v2 = hierarchy == b"0" and not controllers
            is_v1 = b"memory" in controllers.split(b",")
            if (is_v1 if self._version == 1 else is_v2) and path.startswith(b"/"):
                return self._place(os.fsdecode(path).rstrip("/"))
        return None

    def at(self, path: str) -> Cgroup | None:
        """Return the cgroup that the kernel calls so; None: it cannot be seen from here."""
        return self._place(path.rstrip("/"))

    def _place(self, path: str) -> Cgroup | None:
        # "/../x" is outside of this namespace: there is no way to it from here.
        if ".." in path.split("/"):
            return None
        for mount in self._mounts:
            if path == mount.top or path.startswith(mount.top + "/"):
                return Cgroup(
                    self._version, self._root + mount.folder, mount.top, path[len(mount.top) :]
                )
        return None

    def _find_mounts(self) -> tuple[int, list[_Mount]]:
        found: dict[int, list[_Mount]] = {1: [], 2: []}
        for line in self._read_mounts():
            # ID, parent, device, root, mount point, options…, "-", kind, source, its options
            place, _, kind = line.partition(b" - ")
            places, kinds = place.split(b" "), kind.split(b" ")
            if len(places) < 6 or len(kinds) < 3:
                continue
            if kinds[0] == b"cgroup2":
                version = 2
            elif kinds[0] == b"cgroup" and b"memory" in kinds[2].split(b","):
                version = 1
            else:
                continue
            top, folder = (_unescaped(text).rstrip("/") for text in places[3:5])
            if ".." not in top.split("/"):
                found[version].append(_Mount(folder, top))
        version = 1 if found[1] else 2
        # The shortest shows the most of what is above.
        return version, sorted(found[version], key=lambda mount: len(mount.top))

    def _read_mounts(self) -> list[bytes]:
        try:
            with open(f"{self._root}/proc/self/mountinfo", "rb") as file:  # noqa: PTH123
                return file.read(_LARGEST_BYTES).split(b"\n")
        except OSError:
            return []


def _unescaped(text: bytes) -> str:
    """Undo the kernel's octal escapes of space, tab, newline and backslash."""
    first, *rest = text.split(b"\\")
    parts = [first]
    for part in rest:
        try:
            parts.append(bytes([int(part[:3], 8)]) + part[3:])
        except ValueError:
            parts.append(b"\\" + part)
    return os.fsdecode(b"".join(parts))

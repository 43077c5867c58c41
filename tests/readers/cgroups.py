"""Cgroups for tests: folders as a kernel shows them, and real ones where this machine lets us."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.readers.children import eventually

REAL_V1 = Path("/sys/fs/cgroup/memory")

NONE_V1 = "9223372036854771712\n"
V1_MOUNT = "35 31 0:32 {top} {folder} rw,relatime - cgroup cgroup rw,memory\n"
V2_MOUNT = "29 23 0:26 {top} {folder} rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"


class Machine:
    """A root folder with processes and cgroups in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.mountinfo = "22 28 0:20 / /proc rw shared:12 - proc proc rw\n"
        self.write("proc/self/mountinfo", self.mountinfo)

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def mount_v1(self, top: str = "/", folder: str = "/sys/fs/cgroup/memory") -> None:
        self._mount(V1_MOUNT.format(top=top, folder=folder))

    def mount_v2(self, top: str = "/", folder: str = "/sys/fs/cgroup") -> None:
        self._mount(V2_MOUNT.format(top=top, folder=folder))

    def _mount(self, line: str) -> None:
        self.mountinfo += line
        self.write("proc/self/mountinfo", self.mountinfo)

    def process(self, pid: int, cgroup: str, *, limits: str = "", status: str = "") -> None:
        self.write(f"proc/{pid}/stat", f"{pid} (x) S 1 {' '.join(['0'] * 17)} {pid} 0 0\n")
        self.write(f"proc/{pid}/cgroup", cgroup)
        self.write(f"proc/{pid}/limits", limits)
        self.write(f"proc/{pid}/status", status)

    def cgroup(self, folder: str, **files: object) -> None:
        """`memory_max=…` is the file memory.max."""
        for name, content in files.items():
            self.write(f"{folder}/{name.replace('_', '.', 1)}", f"{content}\n")


@contextmanager
def real_cgroup(*names: str) -> Iterator[list[Path]]:
    """Memory cgroups of version 1, each in the one before; skips where there can be none."""
    if not os.access(REAL_V1 / "cgroup.procs", os.W_OK):
        pytest.skip("no memory cgroup of version 1 may be made here")
    folders: list[Path] = []
    place = REAL_V1
    try:
        for name in names:
            place = place / f"memtray-test-{os.getpid()}-{name}"
            try:
                place.mkdir()
            except OSError as error:
                pytest.skip(f"no memory cgroup may be made here: {error.strerror}")
            folders.append(place)
        yield folders
    finally:
        for folder in reversed(folders):
            eventually(lambda folder=folder: _removed(folder))  # type: ignore[misc]


def _removed(folder: Path) -> bool:
    """A cgroup can be removed once its last process has been reaped."""
    with suppress(OSError):
        folder.rmdir()
    return not folder.exists()

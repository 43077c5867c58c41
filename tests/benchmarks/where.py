"""Whether the account finds memory under its right name: `python -m tests.benchmarks.where`.

Five loads, one after the other, as root: a tmpfs filled with 1 GiB, 200,000 cached inodes, 64
reserved huge pages, an orphaned System V segment of 300 MiB, and a memory file of 200 MiB whose
holder maps none of it. Printed are the size that Memtray names, how far that is from what was
loaded, how far the whole is from MemTotal, and beside it what `free`, `smem -tw` and `htop` say
where they are installed. With --hold each load is kept for so many seconds, to look at the window
meanwhile. All loads are taken away again.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from trayapp.language.units import GIB, MIB, format_size

HUGE_PAGES = Path("/proc/sys/vm/nr_hugepages")


@contextmanager
def tmpfs_of_a_gibibyte() -> Iterator[tuple[str, int]]:
    folder = tempfile.mkdtemp(prefix="memtray-where-")
    subprocess.run(["mount", "-t", "tmpfs", "memtray-where", folder], check=True)
    try:
        with Path(folder, "filled").open("wb") as file:
            for _ in range(1024):
                file.write(b"x" * MIB)
        yield f"tmpfs:{folder}", GIB
    finally:
        subprocess.run(["umount", folder], check=True)
        Path(folder).rmdir()


@contextmanager
def cached_inodes() -> Iterator[tuple[str, int]]:
    """Load 200,000 of them; what they take is what `slabtop` says of their cache."""
    folder = tempfile.mkdtemp(prefix="memtray-where-")
    try:
        for number in range(200_000):
            os.close(os.open(f"{folder}/{number}", os.O_CREAT | os.O_WRONLY))
        cache, size_bytes = largest_inode_cache()
        yield f"slab_reclaimable:{cache}", size_bytes
    finally:
        shutil.rmtree(folder)


@contextmanager
def reserved_huge_pages() -> Iterator[tuple[str, int]]:
    before = HUGE_PAGES.read_text()
    HUGE_PAGES.write_text(str(int(before) + 64))
    try:
        yield "hugepages.unused", (int(before) + 64) * 2 * MIB
    finally:
        HUGE_PAGES.write_text(before)


@contextmanager
def orphaned_segment() -> Iterator[tuple[str, int]]:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    libc.shmdt.argtypes = [ctypes.c_void_p]
    identity = libc.shmget(0, ctypes.c_size_t(300 * MIB), 0o1600)
    address = libc.shmat(identity, None, 0)
    ctypes.memset(address, 1, 300 * MIB)
    libc.shmdt(address)
    try:
        yield f"sysv:{identity}", 300 * MIB
    finally:
        libc.shmctl(identity, 0, None)


@contextmanager
def unmapped_memory_file() -> Iterator[tuple[str, int]]:
    code = (
        "import os, sys\n"
        "held = os.memfd_create('memtray-where')\n"
        "for _ in range(200): os.write(held, bytes(1 << 20))\n"
        "print(flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        yield "memfd:/memfd:memtray-where", 200 * MIB
    finally:
        holder.communicate()


LOADS = (
    ("tmpfs of 1 GiB", tmpfs_of_a_gibibyte),
    ("200,000 cached inodes", cached_inodes),
    ("64 reserved huge pages", reserved_huge_pages),
    ("orphaned segment of 300 MiB", orphaned_segment),
    ("memory file of 200 MiB, not mapped", unmapped_memory_file),
)


def largest_inode_cache() -> tuple[str, int]:
    """Return its name and what it takes, from the same list as `slabtop`."""
    lines = subprocess.check_output(["slabtop", "-o", "-s", "c"], text=True).splitlines()
    fields = next(line.split() for line in lines if line.rstrip().endswith("_inode_cache"))
    objects, size = int(fields[0]), fields[-2]
    print(f"  (slabtop: {objects} objects in {fields[-1]})")
    return fields[-1], int(size.removesuffix("K")) * 1024


def ask_memtray() -> dict[str, Any]:
    command = [sys.executable, "-m", "trayapp", "where", "--json"]
    told: dict[str, Any] = json.loads(subprocess.check_output(command))
    return told


def find(parts: list[dict[str, Any]], key: str) -> dict[str, Any] | None:
    for part in parts:
        found = part if part["key"] == key else find(part["parts"], key)
        if found is not None:
            return found
    return None


def ask_free() -> str:
    fields = subprocess.check_output(["free", "-b"], text=True).splitlines()[1].split()
    names = ("used", "shared", "buff/cache")
    sizes = zip(names, (fields[2], fields[4], fields[5]), strict=True)
    return ", ".join(f"{name} {format_size(int(size))}" for name, size in sizes)


def ask_smem() -> str:
    if shutil.which("smem") is None:
        return "not installed"
    lines = subprocess.check_output(["smem", "-tw"], text=True).splitlines()
    kernel, userspace = (
        int(next(line for line in lines if line.startswith(name)).split()[-3]) * 1024
        for name in ("kernel dynamic", "userspace")
    )
    return f"kernel {format_size(kernel)}, userspace {format_size(userspace)}"


def ask_htop() -> str:
    """Return what its memory bar says; it has no other way to tell."""
    if shutil.which("htop") is None:
        return "not installed"
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm", LINES="40", COLUMNS="160", LANG="C")
        os.execvp("htop", ["htop", "-C", "-d", "5"])  # noqa: S606
    screen, deadline = b"", time.monotonic() + 2
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.2)[0]:
            screen += os.read(terminal, 65536)
    with suppress(OSError):
        os.write(terminal, b"q")
    os.waitpid(pid, 0)
    os.close(terminal)
    plain = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b\([A-Z0-9]", b"", screen)
    found = re.search(rb"Mem\[[^\]]*?([\d.]+[KMGT]/[\d.]+[KMGT])\]", plain)
    return found[1].decode() if found else "–"


def measure(name: str, load: Any, hold: Callable[[str], None]) -> None:
    with load() as (key, expected_bytes):
        told = ask_memtray()
        part = find(told["parts"], key)
        sum_bytes = sum(each["bytes"] for each in told["parts"])
        found_bytes = part["bytes"] if part else 0
        off = 100 * (found_bytes - expected_bytes) / expected_bytes
        rest = 100 * told["unexplained_bytes"] / told["total_bytes"]
        print(f"\n{name}: {format_size(expected_bytes)}")
        print(
            f"  memtray  {part['title'] if part else '–'}: {format_size(found_bytes)}, {off:+.2f}%"
        )
        print(f"           {part['sentence'] if part else ''} {part['advice'] if part else ''}")
        missing = sum_bytes - told["total_bytes"]
        print(f"           all parts: {missing:+d} B off MemTotal, unexplained {rest:.2f}%")
        print(f"  free     {ask_free()}")
        print(f"  smem     {ask_smem()}")
        print(f"  htop     {ask_htop()}", flush=True)
        hold(name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hold", type=float, default=0.0, help="seconds to keep each load")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("Root is needed to mount a tmpfs and to reserve huge pages.")
    for name, load in LOADS:
        measure(name, load, lambda _name: time.sleep(options.hold))


if __name__ == "__main__":
    main()

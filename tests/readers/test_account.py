"""The account of all memory: on this machine, on written ones, and where much may not be read."""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.readers.cgroups import Machine
from trayapp.domain.records.account import Account, AccountPart, account_json, account_of
from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.domain.showing.account import account_lines, comes_back_cell
from trayapp.errors import PlatformError
from trayapp.language.units import MIB
from trayapp.readers.account import read_account
from trayapp.readers.account.container import read_container
from trayapp.readers.account.look import Look, Program
from trayapp.readers.account.programs_known import read_programs
from trayapp.readers.memory_files import largest_files
from trayapp.readers.mounts import Mounts, ask_in_time
from trayapp.readers.procfile import read_started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")

KIB = 1024
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MEMINFO = {
    "MemTotal": 4_000_000, "MemFree": 900_000, "Buffers": 50_000, "Cached": 900_000,
    "SwapCached": 9_000, "Active(anon)": 500_000, "Inactive(anon)": 300_000,
    "Active(file)": 350_000, "Inactive(file)": 300_000, "Unevictable": 4_000,
    "Dirty": 20_000, "Writeback": 5_000, "AnonPages": 500_000, "Mapped": 200_000,
    "Shmem": 300_000, "KReclaimable": 80_000, "Slab": 120_000, "SReclaimable": 70_000,
    "SUnreclaim": 50_000, "KernelStack": 8_000, "PageTables": 12_000, "SecPageTables": 1_000,
    "Bounce": 0, "WritebackTmp": 100, "VmallocUsed": 30_000, "Percpu": 3_000, "Zswap": 7_000,
    "Zswapped": 21_000, "HardwareCorrupted": 4, "Balloon": 40_000, "Hugetlb": 262_144,
}  # fmt: skip


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine of which everything is told."""
    machine = Machine(tmp_path)
    write_meminfo(machine)
    machine.write("proc/zoneinfo", "  pagesets\n    cpu: 0\n      count: 100\n      high: 7\n"
                  "    cpu: 1\n      count:    28\n")  # fmt: skip
    machine.write(
        "proc/slabinfo",
        "slabinfo - version: 2.1\n# name <active_objs> …\n"
        "dentry 9 9 192 21 1 : tunables 0 0 0 : slabdata 2000 2000 0\n"
        "ext4_inode_cache 9 9 1096 14 4 : tunables 0 0 0 : slabdata 3000 3000 0\n"
        "kmalloc-512 9 9 512 8 1 : tunables 0 0 0 : slabdata 5000 5000 0\n"
        "a broken line\n",
    )
    sizes = "sys/kernel/mm/hugepages/hugepages-2048kB"
    for name, count in (("nr", 128), ("free", 100), ("resv", 20)):
        machine.write(f"{sizes}/{name}_hugepages", f"{count}\n")
    machine.write("sys/block/zram0/mm_stat", "900000000 200000000 210000000 0 0 0 0 0\n")
    machine.write("proc/net/sockstat", "sockets: used 9\nTCP: inuse 1 orphan 0 mem 500\n")
    machine.write("proc/net/sockstat6", "TCP6: inuse 1\n")
    machine.write("proc/sysvipc/shm", "key shmid perms size cpid lpid nattch uid rss swap\n"
                  "0 7 600 9 999999 1 0 0 52428800 0\n0 8 600 9 1 1 1 0 1048576 0\n"
                  "0 9 4600 9 1 1 1 0 2097152 0\nbroken\n")  # fmt: skip
    return machine


def write_meminfo(machine: Machine, **changed: int) -> None:
    figures = MEMINFO | changed
    machine.write("proc/meminfo", "".join(f"{name}: {kib} kB\n" for name, kib in figures.items()))


def process(machine: Machine, pid: int, anon_kib: int, file_kib: int, lazy_kib: int = 0) -> None:
    machine.process(pid, "")
    machine.write(
        f"proc/{pid}/smaps_rollup",
        f"Rss: {anon_kib + file_kib} kB\nPss: {anon_kib + file_kib // 2} kB\n"
        f"Pss_Anon: {anon_kib} kB\nPss_File: {file_kib // 2} kB\nPss_Shmem: 0 kB\n"
        f"Private_Clean: 0 kB\nPrivate_Dirty: {anon_kib} kB\nLazyFree: {lazy_kib} kB\n",
    )


def programs_of(
    machine: Machine, *pids: int
) -> tuple[list[Program], dict[ProcessKey, MemoryReading]]:
    keys = [ProcessKey(pid, read_started(f"{machine.root}/proc", pid)) for pid in pids]
    programs = [Program(f"application:program:p{key.pid}", f"p{key.pid}", [key]) for key in keys]
    return programs, {key: MemoryReading(300 * MIB, 200 * MIB) for key in keys}


def find(parts: tuple[AccountPart, ...], key: str) -> AccountPart:
    found = _find(parts, key)
    assert found is not None, f"{key} is in no part"
    return found


def _find(parts: tuple[AccountPart, ...], key: str) -> AccountPart | None:
    for part in parts:
        found = part if part.key == key else _find(part.parts, key)
        if found is not None:
            return found
    return None


def everything(parts: tuple[AccountPart, ...]) -> Iterator[AccountPart]:
    for part in parts:
        yield part
        yield from everything(part.parts)


def account_here() -> Account:
    """With time enough, however busy the machine is."""
    return read_account(*read_programs((), os.getpid()), seconds=60.0)


# -- this machine


def test_the_parts_add_up_to_all_memory() -> None:
    account = account_here()
    meminfo = Path("/proc/meminfo").read_text(encoding="ascii")
    assert account.total_bytes == int(meminfo.split()[1]) * KIB
    assert sum(part.size_bytes for part in account.parts) == account.total_bytes
    assert account.parts[-1].size_bytes == account.unexplained_bytes
    for key in ("free", "programs", "page_cache", "kernel"):
        assert find(account.parts, key).size_bytes > 0


def test_what_we_hold_is_found_under_its_name() -> None:
    """A memory file that nobody maps, and a file that was deleted while open."""
    name = f"memtray-{secrets.token_hex(4)}"
    held = os.memfd_create(name)
    deleted = None
    try:
        os.write(held, b"x" * (8 * MIB))
        part = find(account_here().parts, f"memfd:/memfd:{name}")
        assert part.size_bytes == pytest.approx(8 * MIB, rel=0.02)
        assert f"pid {os.getpid()}" in part.sentence
        if not Mounts("/proc").is_in_memory("/dev/shm/x"):  # noqa: S108
            pytest.skip("that folder is not in memory here")
        path = f"/dev/shm/{name}"  # noqa: S108
        deleted = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        os.write(deleted, b"x" * (9 * MIB))
        part = find(account_here().parts, f"file:{path}")
        assert part.size_bytes == pytest.approx(9 * MIB, rel=0.02)
        Path(path).unlink()
        part = find(account_here().parts, f"deleted:{path}")
        assert part.size_bytes == pytest.approx(9 * MIB, rel=0.02)
        assert f"pid {os.getpid()}" in part.sentence
    finally:
        for descriptor in (held, deleted):
            if descriptor is not None:
                os.close(descriptor)
        Path(f"/dev/shm/{name}").unlink(missing_ok=True)  # noqa: S108


def test_what_is_called_the_same_and_has_the_same_holders_is_told_once() -> None:
    """What somebody else holds under that name has a key of its own."""
    name = f"memtray-{secrets.token_hex(4)}"
    held = [os.memfd_create(name) for _ in range(3)]
    code = "import sys; print(flush=True); sys.stdin.read()"
    try:
        for number, descriptor in enumerate(held):
            os.write(descriptor, b"x" * ((number + 1) * MIB))
        with subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=held[:1],
        ) as child:  # fmt: skip
            assert child.stdout is not None
            child.stdout.readline()
            key = f"memfd:/memfd:{name}"
            parts = [each for each in everything(account_here().parts) if key in each.key]
            child.communicate()
    finally:
        for descriptor in held:
            os.close(descriptor)
    assert {each.key: each.size_bytes for each in parts} == {key: 5 * MIB, f"{key}:2": MIB}
    assert f"pid {child.pid}" in parts[1].sentence


@contextmanager
def orphaned_segment(size_bytes: int) -> Iterator[int]:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    libc.shmdt.argtypes = [ctypes.c_void_p]
    identity = libc.shmget(0, ctypes.c_size_t(size_bytes), 0o1600)
    if identity < 0:
        pytest.skip("no System V shared memory here")
    try:
        address = libc.shmat(identity, None, 0)
        ctypes.memset(address, 1, size_bytes)
        libc.shmdt(address)
        yield identity
    finally:
        libc.shmctl(identity, 0, None)


def test_an_orphaned_segment_is_found_with_the_command_that_deletes_it() -> None:
    with orphaned_segment(6 * MIB) as identity:
        part = find(account_here().parts, f"sysv:{identity}")
    assert part.size_bytes == pytest.approx(6 * MIB, rel=0.02)
    assert f"ipcrm -m {identity}" in part.advice
    assert f"pid {os.getpid()}" in part.sentence


def test_own_memory_is_among_the_programs() -> None:
    """Read exactly, of the process that is asked for."""
    code = "import sys; block = bytearray(b'x' * (40 << 20)); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        key = ProcessKey(child.pid, read_started("/proc", child.pid))
        readings = {key: MemoryReading(60 * MIB, 45 * MIB)}
        program = Program("application:program:x", "x", [key])
        account = read_account([program], readings, seconds=60.0)
        child.communicate()
    part = find(account.parts, "application:program:x")
    assert not part.is_estimated
    assert part.rss_bytes == 60 * MIB
    assert part.private_bytes is not None
    assert 40 * MIB < part.private_bytes < 60 * MIB
    assert part.size_bytes >= part.private_bytes - MIB


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_what_may_not_be_read_is_a_known_total_and_says_so() -> None:
    known = read_programs((), os.getpid())
    read_account(*known)
    os.seteuid(65534)
    try:
        account = read_account(*known)
    finally:
        os.seteuid(0)
    assert sum(part.size_bytes for part in account.parts) == account.total_bytes
    kernel_objects = find(account.parts, "slab_unreclaimable")
    assert kernel_objects.size_bytes > 0
    assert not kernel_objects.parts
    for key in ("slab_unreclaimable", "programs"):
        assert "root" in find(account.parts, key).note
    programs = find(account.parts, "programs")
    assert programs.size_bytes > 0
    assert any(part.is_estimated for part in programs.parts)


# -- written machines


def test_every_part_of_a_written_machine(machine: Machine) -> None:
    process(machine, 11, anon_kib=300_000, file_kib=80_000, lazy_kib=30_000)
    process(machine, 12, anon_kib=100_000, file_kib=20_000)
    account = read_account(*programs_of(machine, 11, 12), root=str(machine.root))
    sizes = {part.key: part.size_bytes for part in account.parts}
    assert sum(sizes.values()) == account.total_bytes == 4_000_000 * KIB
    mapped = 50_000
    assert sizes["programs"] == (500_000 - 30_000 + mapped) * KIB
    assert sizes["lazily_freed"] == 30_000 * KIB
    assert sizes["page_cache"] == (950_000 - 300_000 - mapped) * KIB
    assert sizes["swap_cache"] == (1_454_000 - 500_000 - 950_000) * KIB
    assert sizes["shared"] == 300_000 * KIB
    assert sizes["slab_reclaimable"] == 80_000 * KIB
    assert sizes["kernel"] == (50_000 + 13_000 + 8_000 + 3_000 + 22_000) * KIB
    assert sizes["hugepages"] == 256 * MIB
    assert sizes["zram"] == 210_000_000
    assert sizes["zswap"] == 7_000 * KIB
    assert sizes["per_cpu_lists"] == 128 * PAGE_BYTES
    assert sizes["balloon"] == 40_000 * KIB
    assert sizes["sockets"] == 500 * PAGE_BYTES
    assert sizes["free"] == 900_000 * KIB
    assert account.unexplained_bytes > 0
    assert find(account.parts, "hugepages.unused").size_bytes == 160 * MIB
    assert find(account.parts, "hugepages.promised").size_bytes == 40 * MIB
    assert find(account.parts, "hugepages.used").size_bytes == 56 * MIB
    assert find(account.parts, "page_cache.dirty").comes_back == "when written"
    assert find(account.parts, "slab_unreclaimable:kmalloc-512").size_bytes == 5000 * PAGE_BYTES
    assert find(account.parts, "slab_reclaimable:ext4_inode_cache").size_bytes == (
        12000 * PAGE_BYTES
    )
    assert find(account.parts, "sysv:7").advice
    assert not find(account.parts, "sysv:8").advice
    # Of huge pages, which are counted with those.
    assert _find(account.parts, "sysv:9") is None


def test_parts_of_programs_add_up_to_them(machine: Machine) -> None:
    process(machine, 11, anon_kib=300_000, file_kib=80_000)
    process(machine, 12, anon_kib=100_000, file_kib=20_000)
    account = read_account(*programs_of(machine, 11, 12), root=str(machine.root))
    programs = find(account.parts, "programs")
    assert sum(part.size_bytes for part in programs.parts) == programs.size_bytes
    for part in programs.parts[:2]:
        assert sum(each.size_bytes for each in part.parts) == part.size_bytes
        assert not part.is_estimated
    assert find(programs.parts, "programs.other").size_bytes == 100_000 * KIB


def test_less_than_a_page_is_no_process(machine: Machine) -> None:
    process(machine, 11, anon_kib=300_000, file_kib=80_000)
    process(machine, 12, anon_kib=500, file_kib=0)
    write_meminfo(machine, AnonPages=300_501)
    account = read_account(*programs_of(machine, 11, 12), root=str(machine.root))
    programs = find(account.parts, "programs")
    assert [part.key for part in programs.parts] == ["application:program:p11", "programs.small"]
    assert programs.parts[1].size_bytes == 501 * KIB
    assert sum(part.size_bytes for part in programs.parts) == programs.size_bytes


@pytest.mark.parametrize(("count", "last"), [(11, "p10"), (12, "2 more")])
def test_a_line_about_one_more_is_that_one(count: int, last: str) -> None:
    parts = tuple(AccountPart(key=f"p{at}", title=f"p{at}", size_bytes=MIB) for at in range(count))
    whole = AccountPart(key="kernel", title="Kernel", size_bytes=count * MIB, parts=parts)
    shown = [line.split("MiB  ")[-1] for line in account_lines(account_of(count * MIB, [whole]))]
    at = shown.index("p9")
    assert shown[at + 1] == last


def test_what_is_not_read_is_estimated_and_fits(machine: Machine) -> None:
    """Forks seem to have everything each; together they have no more than there is."""
    for pid in (21, 22, 23, 24, 25):
        machine.process(pid, "")
    process(machine, 26, anon_kib=100_000, file_kib=50_000)
    account = read_account(*programs_of(machine, 21, 22, 23, 24, 25, 26), root=str(machine.root))
    programs = find(account.parts, "programs")
    assert [part.is_estimated for part in programs.parts].count(True) == 5
    assert sum(part.size_bytes for part in programs.parts) == pytest.approx(
        programs.size_bytes, rel=0.01
    )


def test_time_runs_out_and_the_account_is_whole_all_the_same(machine: Machine) -> None:
    process(machine, 11, anon_kib=300_000, file_kib=80_000)
    look = Look(*programs_of(machine, 11), root=str(machine.root), seconds=0.0)
    from trayapp.readers.account import programs

    parts = tuple(programs.read(look))
    assert find(parts, "application:program:p11").is_estimated


def test_the_cache_of_zfs_takes_no_more_than_is_left(machine: Machine) -> None:
    machine.write("proc/spl/kstat/zfs/arcstats", f"size 4 {100 * 2**40}\nc_min 4 5\n")
    account = read_account([], {}, root=str(machine.root))
    assert account.unexplained_bytes == 0
    assert find(account.parts, "zfs_arc").comes_back == "at once"


def test_files_that_are_in_swap_do_not_make_more_of_memory(machine: Machine) -> None:
    machine.write("proc/sysvipc/shm", "shmid perms cpid nattch uid rss\n7 600 1 0 0 999999488\n")
    account = read_account([], {}, root=str(machine.root))
    shared = find(account.parts, "shared")
    assert shared.size_bytes == 300_000 * KIB
    assert "swap" in shared.note


@pytest.mark.parametrize("meminfo", ["", "MemTotal: x kB\n", "MemTotal: 0 kB\n", "\0\xff"])
def test_a_broken_meminfo_is_one_line(machine: Machine, meminfo: str) -> None:
    machine.write("proc/meminfo", meminfo)
    with pytest.raises(PlatformError) as caught:
        read_account([], {}, root=str(machine.root))
    assert "\n" not in str(caught.value)


def test_a_kernel_that_tells_little_is_explained_as_far_as_it_goes(machine: Machine) -> None:
    for file in (machine.root / "proc").rglob("*"):
        if file.is_file() and file.name not in ("meminfo", "mountinfo"):
            file.unlink()
    machine.write("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 100 kB\nCached: 300 kB\n")
    account = read_account([], {}, root=str(machine.root))
    assert account.unexplained_bytes == 1000 * KIB - 400 * KIB - 256 * MIB - 210_000_000


def test_the_account_for_machines(machine: Machine) -> None:
    process(machine, 11, anon_kib=300_000, file_kib=80_000)
    told = account_json(read_account(*programs_of(machine, 11), root=str(machine.root)))
    assert told.keys() == {"total_bytes", "unexplained_bytes", "parts"}

    def check(parts: object) -> int:
        assert isinstance(parts, list)
        for part in parts:
            assert {"key", "title", "bytes", "comes_back", "advice", "parts"} <= part.keys()
            assert part["comes_back"] in ("at once", "when written", "no")
            check(part["parts"])
        return sum(part["bytes"] for part in parts)

    assert check(told["parts"]) == told["total_bytes"]


HOSTILE = "x\x1b[31m\n\u202e\udc80y"


def test_names_of_strangers_do_nothing_to_a_terminal(machine: Machine) -> None:
    """A program, a file and a process choose their names; each stays within its line."""
    process(machine, 11, anon_kib=300_000, file_kib=80_000)
    programs, readings = programs_of(machine, 11)
    programs = [programs[0]._replace(name=HOSTILE)]
    machine.write("proc/1/comm", "evil\x1b[2J\n")
    machine.write("proc/1/cmdline", "/bin/\x1b[31mevil\0")
    account = read_account(programs, readings, root=str(machine.root))
    lines = "\n".join(account_lines(account))
    assert not set(lines) & {"\x1b", "\u202e"}
    assert "System V segment 8" in lines
    json.dumps(account_json(account)).encode("ascii")


# -- mounts


MOUNTS = (
    "24 1 0:6 / / rw - ext4 /dev/sda1 rw\n"
    "25 24 0:23 / /dev/shm rw - tmpfs tmpfs rw\n"
    "26 24 0:24 / /home rw shared:1 - nfs4 dead:/ rw\n"
    "27 26 0:25 / /home/me/cache rw - tmpfs tmpfs rw\n"
    "28 24 0:26 / /two\\040words rw - tmpfs tmpfs rw\n"
    "29 24 0:26 / /again rw - tmpfs tmpfs rw\n"
    "30 24 0:27 / /covered rw - tmpfs tmpfs rw\n"
    "31 30 0:28 / /covered rw - fuse.sshfs x rw\n"
    "32 24 0:29 /part /bound rw - tmpfs tmpfs rw\n"
    "broken\n"
)


def test_only_what_is_in_memory_and_cannot_hang_is_asked(tmp_path: Path) -> None:
    """Nothing below a network file system, nothing that another mount covers, and each once."""
    Machine(tmp_path).write("proc/self/mountinfo", MOUNTS)
    mounts = Mounts(f"{tmp_path}/proc")
    assert [each.folder for each in mounts.in_memory()] == ["/dev/shm", "/two words"]  # noqa: S108
    assert mounts.is_in_memory("/dev/shm/a/b (deleted)")  # noqa: S108
    assert not mounts.is_in_memory("/home/me/x")
    assert not mounts.is_in_memory("/covered/x")
    assert not mounts.is_in_memory("socket:[7]")


def test_what_does_not_answer_in_time_is_unknown() -> None:
    never = threading.Event()
    assert ask_in_time(lambda: never.wait(600), 0.01) is None
    never.set()
    assert ask_in_time(lambda: 7, 60) == 7
    assert ask_in_time(lambda: os.statvfs("/no/such/place"), 60) is None


def test_the_largest_files_of_a_folder(tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"d{number}").mkdir()
        (tmp_path / f"d{number}" / "file").write_bytes(b"x" * (number * 100_000))
    os.sync()
    files, is_whole = largest_files(str(tmp_path), time.monotonic() + 60)
    assert is_whole
    assert [Path(file.path).parent.name for file in files] == ["d8", "d7", "d6", "d5", "d4"]
    assert largest_files(str(tmp_path), time.monotonic() + 60, most_entries=3)[1] is False
    assert largest_files(str(tmp_path / "none"), time.monotonic() + 60) == ([], False)


# -- containers


def test_a_container_has_its_own_view_beside_its_host(machine: Machine) -> None:
    machine.mount_v2()
    machine.write("proc/self/cgroup", "0::/\n")
    machine.cgroup(
        "sys/fs/cgroup",
        memory_max=512 * MIB,
        memory_current=200 * MIB,
        memory_stat=f"anon {90 * MIB}\nfile {80 * MIB}\nshmem {30 * MIB}\nsock {MIB}",
    )
    account = read_account([], {}, root=str(machine.root))
    assert account.container is not None
    sizes = {part.key: part.size_bytes // MIB for part in account.container.parts}
    assert sizes == {
        "container.programs": 90,
        "container.page_cache": 50,
        "container.shared": 30,
        "container.kernel": 29,
        "container.sockets": 1,
    }
    assert "512" in account.container.sentence
    told = account_json(account)["container"]
    assert isinstance(told, dict)
    assert told["comes_back"] is None
    assert comes_back_cell(account.container) == ""
    cache = find(account.container.parts, "container.page_cache")
    assert comes_back_cell(cache) == "at once"
    assert sum(part.size_bytes for part in account.parts) == account.total_bytes


def test_a_machine_is_no_container(machine: Machine) -> None:
    assert read_container(str(machine.root)) is None

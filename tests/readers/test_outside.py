"""What is outside of programs, read on a slow clock."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

import pytest

from tests.readers.cgroups import Machine
from tests.readers.children import running
from trayapp.domain.records.outside import OutsideSample
from trayapp.language.units import MIB
from trayapp.readers.mounts import Mounts
from trayapp.readers.outside import PERIOD_SECONDS, SLOW_SECONDS, OutsideReader

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")

SHM = "/dev/shm"  # noqa: S108
MEMINFO = (
    "MemTotal: 1000000 kB\nMemFree: 300000 kB\nBuffers: 1000 kB\nCached: 200000 kB\n"
    "AnonPages: 100000 kB\nShmem: 50000 kB\nKReclaimable: 40000 kB\nSUnreclaim: 30000 kB\n"
    "KernelStack: 2000 kB\nPageTables: 5000 kB\nSecPageTables: 500 kB\nPercpu: 300 kB\n"
    "VmallocUsed: 9000 kB\nHugetlb: 65536 kB\n"
)
KNOWN = 300_000 + 1000 + 200_000 + 100_000 + 40_000 + 30_000 + 9000 + 5500 + 300 + 65_536


def read(reader: OutsideReader, now: float, wanted: tuple[str, ...] = ()) -> OutsideSample:
    sample = reader.read(now, wanted)
    assert sample is not None
    return sample


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.write("proc/meminfo", MEMINFO)
    machine.write(
        "proc/net/sockstat",
        "sockets: used 9\nTCP: inuse 1 orphan 0 tw 0 alloc 1 mem 25\n"
        "UDP: inuse 1 mem 5\nFRAG: inuse 0 memory 0\n",
    )
    machine.write("sys/block/zram0/mm_stat", "9 9 5242880 0 0 0 0\n")
    machine.write("sys/block/sda/x", "")
    machine.write("proc/zoneinfo", "  pagesets\n    cpu: 0\n              count:    100\n")
    machine.write(
        "proc/slabinfo",
        "slabinfo - version: 2.1\n# name <active_objs> …\n"
        "dentry 9 9 192 21 1 : tunables 0 0 0 : slabdata 9000 9000 0\n"
        "kmalloc-512 9 9 512 8 2 : tunables 0 0 0 : slabdata 5000 5000 0\n"
        "kmalloc-64 9 9 64 8 1 : tunables 0 0 0 : slabdata 3 3 0\nbroken\n",
    )
    machine.write("sys/kernel/slab/dentry/reclaim_account", "1\n")
    return machine


def test_a_written_machine(machine: Machine) -> None:
    page = os.sysconf("SC_PAGE_SIZE")
    sizes = read(OutsideReader(str(machine.root)), 100.0).sizes
    assert sizes == {
        "shared": 50_000 * 1024,
        "slab_unreclaimable": 30_000 * 1024,
        "page_tables": 5500 * 1024,
        "hugepages": 64 * MIB,
        "sockets": 30 * page,
        "zram": 5 * MIB,
        "slab:kmalloc-512": 10_000 * page,
        "slab:kmalloc-64": 3 * page,
        "unexplained": (1_000_000 - KNOWN) * 1024 - 130 * page - 5 * MIB,
    }


def test_it_is_read_seldom_and_the_costly_part_more_seldom(machine: Machine) -> None:
    reader = OutsideReader(str(machine.root))
    assert reader.read(0.0) is not None
    assert reader.read(PERIOD_SECONDS - 1) is None
    machine.write("proc/slabinfo", "")
    machine.write("proc/meminfo", MEMINFO.replace("50000", "60000"))
    later = read(reader, PERIOD_SECONDS).sizes
    assert later["shared"] == 60_000 * 1024
    assert "slab:kmalloc-512" in later
    assert "slab:kmalloc-512" not in read(reader, SLOW_SECONDS).sizes


def test_what_may_not_be_read_is_missing_and_never_0(machine: Machine) -> None:
    for name in ("proc/slabinfo", "proc/zoneinfo", "proc/net/sockstat"):
        (machine.root / name).unlink()
    machine.write("proc/meminfo", "MemTotal: 1000 kB\nnonsense\n")
    sizes = read(OutsideReader(str(machine.root)), 0.0).sizes
    assert sizes.keys() == {"unexplained", "zram"}
    (machine.root / "proc/meminfo").unlink()
    assert OutsideReader(str(machine.root)).read(0.0) is None


@pytest.mark.skipif(not Mounts("/proc").is_in_memory(f"{SHM}/x"), reason="no files in memory")
def test_files_in_memory_grow_and_the_largest_has_an_owner(tmp_path: Path) -> None:
    """Others may write and delete there meanwhile, but not each time."""
    path = Path(SHM, f"memtray-{secrets.token_hex(4)}")
    script = tmp_path / "renderer.py"
    script.write_text(
        "import sys; file = open(sys.argv[1], 'wb'); file.write(bytes(48 << 20)); file.flush();"
        "print(flush=True); sys.stdin.read()"
    )
    key = f"tmpfs:{SHM}"

    def grows() -> bool:
        reader = OutsideReader()
        before = read(reader, 0.0).sizes[key]
        try:
            with running(sys.executable, str(script), str(path)) as child:
                assert child.stdout is not None
                child.stdout.readline()
                sample = read(reader, PERIOD_SECONDS, (key, "tmpfs:/none"))
                largest = sample.largest.get(key)
                assert largest is None or largest.size_bytes >= 0
                has_grown = sample.sizes[key] - before >= 47 * MIB
                is_found = largest is not None and (
                    largest.path == str(path) and largest.owner == "renderer.py"
                )
        finally:
            path.unlink(missing_ok=True)
        return has_grown and is_found

    assert any(grows() for _ in range(10))

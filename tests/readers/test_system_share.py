"""What of the machine's memory is really short: caches, reserved pages, containers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.readers.cgroups import NONE_V1, Machine
from trayapp.domain.records.samples import SystemSample
from trayapp.domain.showing.lines import system_line
from trayapp.domain.showing.status import system_status
from trayapp.readers.system import ProcSystemReader

RECORDED = Path(__file__).parent / "recorded"
KIB, MIB, GIB = 1024, 1024**2, 1024**3
ARC_BYTES = 16106127360 - 1040187392


def read(root: Path) -> SystemSample:
    reader = ProcSystemReader(str(root / "proc"))
    try:
        return reader.read()
    finally:
        reader.close()


def with_zfs(root: Path) -> Machine:
    """A machine of 31 GiB, half of which is the cache of ZFS."""
    shutil.copytree(RECORDED / "zfs" / "proc", root / "proc")
    return Machine(root)


def test_what_the_cache_of_zfs_gives_back_is_available(tmp_path: Path) -> None:
    with_zfs(tmp_path)
    sample = read(tmp_path)
    assert sample.available_bytes == 3250585 * KIB + ARC_BYTES
    assert sample.zfs_cache_bytes == ARC_BYTES
    assert sample.used_bytes / sample.total_bytes == pytest.approx(0.447, abs=0.001)


def test_a_cache_at_its_minimum_gives_nothing_back(tmp_path: Path) -> None:
    machine = with_zfs(tmp_path)
    machine.write("proc/spl/kstat/zfs/arcstats", "c_min  4  1000\nsize  4  900\n")
    assert read(tmp_path).available_bytes == 3250585 * KIB
    machine.write("proc/spl/kstat/zfs/arcstats", "nonsense\n")
    assert read(tmp_path).zfs_cache_bytes is None


@pytest.mark.parametrize("mark", [".dockerenv", "run/.containerenv", "run/systemd/container"])
def test_a_container_does_not_have_the_cache_of_its_host(tmp_path: Path, mark: str) -> None:
    machine = with_zfs(tmp_path)
    machine.write(mark, "")
    sample = read(tmp_path)
    assert sample.available_bytes == 3250585 * KIB
    assert sample.zfs_cache_bytes is None
    assert sample.is_container


STAT = "anon 100\ninactive_file {inactive}\nactive_file {active}\nslab_reclaimable 0\n"


def test_in_a_container_the_level_is_the_containers(tmp_path: Path) -> None:
    """By its control group, as a namespace shows it; what files are cached comes back."""
    machine = with_zfs(tmp_path)
    machine.mount_v2()
    machine.write("proc/self/cgroup", "0::/\n")
    machine.cgroup(
        "sys/fs/cgroup", memory_max=2 * GIB, memory_current=1900 * MIB,
        memory_stat=STAT.format(inactive=300 * MIB, active=600 * MIB),
    )  # fmt: skip
    machine.write("sys/fs/cgroup/memory.swap.max", "0\n")
    machine.write("sys/fs/cgroup/memory.swap.current", "0\n")
    sample = read(tmp_path)
    assert sample.total_bytes == 2 * GIB
    assert sample.used_bytes == 1000 * MIB
    assert (sample.swap_total_bytes, sample.swap_used_bytes) == (0, 0)
    assert sample.is_container
    # Fuller, as of now.
    machine.cgroup("sys/fs/cgroup", memory_current=2040 * MIB)
    assert read(tmp_path).used_bytes == 1140 * MIB


def test_a_container_without_a_limit_is_as_full_as_its_machine(tmp_path: Path) -> None:
    machine = with_zfs(tmp_path)
    machine.mount_v2()
    machine.write("proc/self/cgroup", "0::/\n")
    machine.cgroup("sys/fs/cgroup", memory_max="max", memory_current=5 * GIB, memory_stat="")
    sample = read(tmp_path)
    assert sample.total_bytes == 32505856 * KIB
    assert sample.available_bytes == 3250585 * KIB


def test_a_container_of_version_1(tmp_path: Path) -> None:
    machine = with_zfs(tmp_path)
    machine.mount_v1(top="/docker/5e1f")
    machine.write("proc/self/cgroup", "4:memory:/docker/5e1f\n0::/\n")
    folder = "sys/fs/cgroup/memory"
    machine.cgroup(folder, memory_limit_in_bytes=GIB, memory_usage_in_bytes=900 * MIB,
                   memory_stat=f"total_inactive_file {100 * MIB}\n")  # fmt: skip
    sample = read(tmp_path)
    assert (sample.total_bytes, sample.used_bytes) == (GIB, 800 * MIB)


def test_a_limit_on_a_unit_of_the_machine_is_no_container(tmp_path: Path) -> None:
    """Memtray itself may run under one."""
    machine = with_zfs(tmp_path)
    machine.mount_v2()
    machine.write("proc/self/cgroup", "0::/user.slice/memtray.service\n")
    machine.cgroup("sys/fs/cgroup/user.slice/memtray.service", memory_max=100 * MIB,
                   memory_current=50 * MIB)  # fmt: skip
    sample = read(tmp_path)
    assert sample.total_bytes == 32505856 * KIB
    assert not sample.is_container
    assert sample.zfs_cache_bytes == ARC_BYTES
    machine.mount_v1()
    machine.write("proc/self/cgroup", "4:memory:/user.slice\n")
    machine.cgroup("sys/fs/cgroup/memory", memory_limit_in_bytes=NONE_V1)
    machine.cgroup("sys/fs/cgroup/memory/user.slice", memory_limit_in_bytes=GIB)
    assert not read(tmp_path).is_container


MEMINFO = """\
MemTotal:       16777216 kB
MemFree:         2400000 kB
MemAvailable:    2217216 kB
HugePages_Total:    5120
HugePages_Free:     5120
Hugepagesize:       2048 kB
"""


def test_what_is_reserved_as_huge_pages_is_neither_used_nor_to_be_had(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.write("proc/meminfo", MEMINFO)
    sample = read(tmp_path)
    assert sample.hugepages_reserved_bytes == 10 * GIB
    assert sample.total_bytes == 6 * GIB
    assert sample.used_bytes == 6 * GIB - 2217216 * KIB
    assert system_status(sample)["hugepages_reserved_bytes"] == 10 * GIB
    assert system_line(sample).endswith("10.0 GiB reserved as huge pages")


def test_huge_pages_of_every_size_count(tmp_path: Path) -> None:
    """Meminfo's count is of the default size only."""
    machine = Machine(tmp_path)
    machine.write("proc/meminfo", MEMINFO.replace("5120", "1024"))
    machine.write("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "1024\n")
    machine.write("sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "4\n")
    assert read(tmp_path).hugepages_reserved_bytes == 6 * GIB
    machine.write("proc/meminfo", MEMINFO + "Hugetlb:        8388608 kB\n")
    assert read(tmp_path).hugepages_reserved_bytes == 8 * GIB


def test_no_huge_pages_are_no_word(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.write("proc/meminfo", MEMINFO.replace("5120", "0"))
    sample = read(tmp_path)
    assert sample.hugepages_reserved_bytes is None
    assert sample.total_bytes == 16 * GIB
    assert "huge" not in system_line(sample)

"""What a process may really have: by cgroups of both versions, rlimits, and the machine."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

import pytest

from tests.readers.cgroups import NONE_V1, Machine, real_cgroup
from tests.readers.children import FakeClock, running, running_python, tell
from trayapp.domain.records.limits import Limit, tightest
from trayapp.domain.records.samples import ProcessKey
from trayapp.readers.process_limits import PERIOD_SECONDS, LimitReader
from trayapp.readers.procfile import read_started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="cgroups and /proc")

MIB = 1024**2
GIB = 1024**3
TOTAL = 16 * GIB
MACHINE = Limit(limit_bytes=TOTAL, source="machine")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def limit_of(machine: Machine, pid: int = 7) -> Limit | None:
    key = ProcessKey(pid, pid)
    return tightest(LimitReader(str(machine.root)).read([key], 0.0, TOTAL).get(key, ()))


# cgroup v2


def v2(machine: Machine) -> str:
    """A service in a slice, as systemd makes them."""
    machine.mount_v2()
    machine.process(7, "0::/system.slice/db.service\n")
    folder = "sys/fs/cgroup/system.slice"
    machine.cgroup(folder, memory_max="max", memory_high="max", memory_current=5 * GIB)
    return folder


def test_a_service_has_the_limit_of_its_cgroup(machine: Machine) -> None:
    folder = v2(machine)
    machine.cgroup(
        f"{folder}/db.service",
        memory_max=2 * GIB,
        memory_high=GIB,
        memory_current=900 * MIB,
        memory_stat=f"anon 5\nfile 6\ninactive_anon 9\ninactive_file {400 * MIB}\nactive_file 1",
    )
    limit = limit_of(machine)
    assert limit == Limit(
        limit_bytes=2 * GIB,
        source="cgroup",
        used_bytes=900 * MIB,
        reclaimable_bytes=400 * MIB + 1,
        high_bytes=GIB,
        path="/system.slice/db.service",
    )
    assert limit is not None
    assert limit.share == pytest.approx(500 / 2048)


def test_a_smaller_limit_above_wins_and_what_all_its_processes_use_counts(
    machine: Machine,
) -> None:
    folder = v2(machine)
    machine.cgroup(folder, memory_max=GIB, memory_high=500 * MIB, memory_current=700 * MIB)
    machine.cgroup(f"{folder}/db.service", memory_max=2 * GIB, memory_current=5)
    assert limit_of(machine) == Limit(
        limit_bytes=GIB,
        source="cgroup",
        used_bytes=700 * MIB,
        high_bytes=500 * MIB,
        path="/system.slice",
    )


def test_of_equal_limits_the_upper_is_reached_first(machine: Machine) -> None:
    folder = v2(machine)
    machine.cgroup(folder, memory_max=GIB, memory_current=700 * MIB)
    machine.cgroup(f"{folder}/db.service", memory_max=GIB, memory_current=5)
    limit = limit_of(machine)
    assert limit is not None
    assert limit.path == "/system.slice"


def test_without_a_limit_it_is_the_machine_and_a_brake_is_told_all_the_same(
    machine: Machine,
) -> None:
    folder = v2(machine)
    machine.cgroup(f"{folder}/db.service", memory_max="max", memory_high="max", memory_current=5)
    assert limit_of(machine) == MACHINE
    machine.cgroup(f"{folder}/db.service", memory_high=GIB)
    assert limit_of(machine) == Limit(
        limit_bytes=TOTAL, source="machine", high_bytes=GIB, path="/system.slice/db.service"
    )


def test_a_limit_above_all_memory_there_is_limits_nothing(machine: Machine) -> None:
    folder = v2(machine)
    machine.cgroup(f"{folder}/db.service", memory_max=TOTAL + 1, memory_current=5)
    assert limit_of(machine) == MACHINE


def test_a_limit_of_0_is_one_without_a_share(machine: Machine) -> None:
    folder = v2(machine)
    machine.cgroup(f"{folder}/db.service", memory_max=0, memory_current=0)
    limit = limit_of(machine)
    assert limit is not None
    assert (limit.limit_bytes, limit.share) == (0, None)


def test_inside_a_container_its_own_root_has_the_limit(machine: Machine) -> None:
    """With a cgroup namespace: the path and the mount begin at the container."""
    machine.mount_v2()
    machine.process(7, "0::/\n")
    machine.cgroup("sys/fs/cgroup", memory_max=GIB, memory_current=MIB)
    assert limit_of(machine) == Limit(limit_bytes=GIB, source="cgroup", used_bytes=MIB, path="/")


def test_a_process_outside_of_the_namespace_has_no_cgroup_that_can_be_seen(
    machine: Machine,
) -> None:
    machine.mount_v2()
    machine.process(7, "0::/../host.service\n")
    machine.cgroup("sys/fs/cgroup", memory_max=GIB, memory_current=MIB)
    machine.cgroup("sys/fs/host.service", memory_max=MIB, memory_current=MIB)
    assert limit_of(machine) == MACHINE


def test_the_mount_that_shows_most_is_taken(machine: Machine) -> None:
    machine.mount_v2(top="/system.slice/db.service", folder="/run/db/cgroup")
    folder = v2(machine)
    machine.cgroup(folder, memory_max=GIB, memory_current=1)
    limit = limit_of(machine)
    assert limit is not None
    assert limit.limit_bytes == GIB


def test_folders_with_spaces_and_strange_names_are_found(machine: Machine) -> None:
    machine.mount_v2(folder="/sys/fs/c\\040group\\134")
    machine.process(7, "0::/a:b,memory (deleted)\\x2d 💾\n")
    machine.cgroup(
        "sys/fs/c group\\/a:b,memory (deleted)\\x2d 💾", memory_max=GIB, memory_current=1
    )
    limit = limit_of(machine)
    assert limit is not None
    assert limit.path == "/a:b,memory (deleted)\\x2d 💾"


# cgroup v1

HYBRID = """\
9:name=systemd:/init.scope
4:{controllers}:{path}
3:cpuset:/wrong
0::/also-wrong
"""


@pytest.mark.parametrize("controllers", ["memory", "cpu,memory"])
def test_version_1_counts_where_both_are_mounted(machine: Machine, controllers: str) -> None:
    machine.mount_v2(folder="/sys/fs/cgroup/unified")
    machine.mount_v1()
    machine.process(7, HYBRID.format(controllers=controllers, path="/user/app"))
    machine.cgroup("sys/fs/cgroup/memory", memory_limit_in_bytes=NONE_V1)
    machine.cgroup("sys/fs/cgroup/memory/user", memory_limit_in_bytes=NONE_V1)
    machine.cgroup(
        "sys/fs/cgroup/memory/user/app",
        memory_limit_in_bytes=GIB,
        memory_usage_in_bytes=300 * MIB,
        memory_stat=f"inactive_file 5\nhierarchical_memory_limit {GIB}\n"
        f"total_inactive_file {100 * MIB}",
    )
    assert limit_of(machine) == Limit(
        limit_bytes=GIB,
        source="cgroup",
        used_bytes=300 * MIB,
        reclaimable_bytes=100 * MIB,
        path="/user/app",
    )


def test_version_1_says_unlimited_by_a_huge_number(machine: Machine) -> None:
    machine.mount_v1()
    machine.process(7, HYBRID.format(controllers="memory", path="/user"))
    machine.cgroup(
        "sys/fs/cgroup/memory/user",
        memory_limit_in_bytes=NONE_V1,
        memory_stat=f"hierarchical_memory_limit {NONE_V1}",
    )
    assert limit_of(machine) == MACHINE


def test_inside_a_container_of_version_1_paths_begin_above_the_mount(machine: Machine) -> None:
    machine.mount_v1(top="/docker/abc")
    machine.process(7, HYBRID.format(controllers="memory", path="/docker/abc/job"))
    machine.cgroup("sys/fs/cgroup/memory", memory_limit_in_bytes=GIB, memory_usage_in_bytes=MIB)
    machine.cgroup("sys/fs/cgroup/memory/job", memory_limit_in_bytes=NONE_V1)
    assert limit_of(machine) == Limit(
        limit_bytes=GIB, source="cgroup", used_bytes=MIB, path="/docker/abc"
    )
    machine.process(8, HYBRID.format(controllers="memory", path="/docker/abcdef"))
    assert limit_of(machine, 8) == MACHINE


def test_a_limit_above_the_mount_is_used_by_all_that_can_be_seen_at_least(machine: Machine) -> None:
    machine.mount_v1(top="/docker/abc")
    machine.process(7, HYBRID.format(controllers="memory", path="/docker/abc"))
    machine.cgroup(
        "sys/fs/cgroup/memory",
        memory_limit_in_bytes=2 * GIB,
        memory_usage_in_bytes=MIB,
        memory_stat=f"hierarchical_memory_limit {GIB}",
    )
    assert limit_of(machine) == Limit(
        limit_bytes=GIB, source="cgroup", used_bytes=MIB, path="/docker/abc"
    )


# rlimits

LIMITS = """\
Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max data size             {data:<20} unlimited            bytes
Max resident set          4096                 unlimited            bytes
Max address space         {space:<20} unlimited            bytes
"""
STATUS = "Name:\tx\nVmPeak:\t 9999 kB\nVmSize:\t 1000 kB\nVmRSS:\t 10 kB\nVmData:\t 500 kB\n"


@pytest.mark.parametrize(
    ("space", "data", "expected"),
    [
        ("unlimited", "unlimited", MACHINE),
        ("2048000", "unlimited",
         Limit(limit_bytes=2_048_000, source="rlimit", used_bytes=1_024_000, path="RLIMIT_AS")),
        ("2048000", "600000",
         Limit(limit_bytes=600_000, source="rlimit", used_bytes=512_000, path="RLIMIT_DATA")),
        ("2048000", "2048000",
         Limit(limit_bytes=2_048_000, source="rlimit", used_bytes=1_024_000, path="RLIMIT_AS")),
    ],
)  # fmt: skip
def test_an_rlimit_comes_with_the_address_space_that_it_bounds(
    machine: Machine, space: str, data: str, expected: Limit
) -> None:
    machine.process(7, "0::/\n", limits=LIMITS.format(space=space, data=data), status=STATUS)
    assert limit_of(machine) == expected


def test_of_a_cgroup_and_an_rlimit_the_nearer_counts(machine: Machine) -> None:
    machine.mount_v2()
    limits = LIMITS.format(space="2048000", data="unlimited")
    machine.process(7, "0::/x\n", limits=limits, status=STATUS)
    for used_bytes, source in ((MIB, "rlimit"), (900 * MIB, "cgroup")):
        machine.cgroup("sys/fs/cgroup/x", memory_max=GIB, memory_current=used_bytes)
        limit = limit_of(machine)
        assert limit is not None
        assert limit.source == source
    key = ProcessKey(7, 7)
    both = LimitReader(str(machine.root)).read([key], 0.0, TOTAL)[key]
    assert [limit.source for limit in both] == ["cgroup", "rlimit"]


def test_a_full_parent_counts_though_the_limit_of_its_child_is_smaller(machine: Machine) -> None:
    folder = v2(machine)
    machine.cgroup(folder, memory_max=2 * GIB, memory_current=2 * GIB - MIB)
    machine.cgroup(f"{folder}/db.service", memory_max=GIB, memory_current=100 * MIB)
    limit = limit_of(machine)
    assert limit is not None
    assert (limit.path, limit.room_bytes) == ("/system.slice", MIB)


def test_a_real_process_with_a_limited_address_space() -> None:
    limit_bytes = 3 * GIB
    command = [sys.executable, "-c", "print(flush=True); input()"]

    def limit_itself() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))

    with running(*command, preexec_fn=limit_itself) as child:
        assert child.stdout is not None
        child.stdout.readline()
        key = ProcessKey(child.pid, read_started("/proc", child.pid))
        # A machine smaller than any cgroup's limit: only the process's own is left.
        (limit,) = LimitReader().read([key], 0.0, MIB)[key]
    assert (limit.limit_bytes, limit.source, limit.path) == (limit_bytes, "rlimit", "RLIMIT_AS")
    assert limit.used_bytes is not None
    assert MIB < limit.used_bytes < limit_bytes


# Truth and time


@pytest.mark.parametrize(
    ("cgroup", "maximum"),
    [
        ("", "5"),
        ("nonsense", "5"),
        ("0:\n0::\n0::relative\n::\n", "5"),
        ("0::/x\n", ""),
        ("0::/x\n", "many"),
        ("0::/x\n", "\0"),
        ("0::/" + "a/" * 9000, "5"),
        ("0::/x/../../../../etc\n", "5"),
    ],
)
def test_broken_files_are_no_limit(machine: Machine, cgroup: str, maximum: str) -> None:
    machine.mount_v2()
    machine.process(7, cgroup, limits="Max address space", status="VmSize:")
    machine.cgroup("sys/fs/cgroup/x", memory_max=maximum, memory_current="?")
    assert limit_of(machine) == MACHINE


@pytest.mark.parametrize("mountinfo", ["", "\n\n", "1 2 3\n", "a - cgroup2 b\n", "- - - - - - -\n"])
def test_broken_mounts_are_no_cgroups(machine: Machine, mountinfo: str) -> None:
    machine.write("proc/self/mountinfo", mountinfo)
    machine.process(7, "0::/x\n")
    assert limit_of(machine) == MACHINE


def test_without_any_such_files_there_is_the_machine(tmp_path: Path) -> None:
    key = ProcessKey(7, 7)
    assert LimitReader(str(tmp_path)).read([key], 0.0, TOTAL) == {}
    assert LimitReader(system="darwin").read([key], 0.0, TOTAL) == {key: (MACHINE,)}


def test_another_process_with_the_same_pid_has_another_limit(machine: Machine) -> None:
    machine.mount_v2()
    machine.process(7, "0::/x\n")
    machine.cgroup("sys/fs/cgroup/x", memory_max=GIB, memory_current=MIB)
    former, now = ProcessKey(7, 6), ProcessKey(7, 7)
    assert LimitReader(str(machine.root)).read([former, now], 0.0, TOTAL).keys() == {now}


def test_limits_are_read_again_after_half_a_minute_and_the_dead_are_forgotten(
    machine: Machine,
) -> None:
    machine.mount_v2()
    machine.process(7, "0::/x\n")
    machine.cgroup("sys/fs/cgroup/x", memory_max=GIB, memory_current=MIB)
    machine.cgroup("sys/fs/cgroup/y", memory_max=2 * GIB, memory_current=MIB)
    reader, key = LimitReader(str(machine.root)), ProcessKey(7, 7)

    def limit_bytes(now: float) -> int:
        return reader.read([key], now, TOTAL)[key][0].limit_bytes

    assert limit_bytes(0.0) == GIB
    machine.cgroup("sys/fs/cgroup/x", memory_max=3 * GIB)
    assert limit_bytes(PERIOD_SECONDS - 1) == GIB
    assert limit_bytes(PERIOD_SECONDS) == 3 * GIB
    machine.process(7, "0::/y\n")
    assert limit_bytes(PERIOD_SECONDS * 2) == 2 * GIB
    (machine.root / "proc/7/stat").unlink()
    assert reader.read([key], PERIOD_SECONDS * 3, TOTAL) == {}
    assert reader.read([], PERIOD_SECONDS * 3, TOTAL) == {}


def test_many_processes_of_one_cgroup_read_it_once(machine: Machine) -> None:
    """One tick does what its budget allows, and all of one cgroup have the same figures."""
    clock = FakeClock()

    def advance() -> float:
        clock.seconds += 0.001
        return clock.seconds

    machine.mount_v2()
    machine.cgroup("sys/fs/cgroup/x", memory_max=GIB, memory_current=MIB)
    keys = [ProcessKey(pid, pid) for pid in range(10, 30)]
    for key in keys:
        machine.process(key.pid, "0::/x\n")
    reader = LimitReader(str(machine.root), clock=advance)
    sizes = [len(reader.read(keys, float(second), TOTAL)) for second in range(5)]
    assert sizes == [5, 10, 15, 20, 20]
    assert len({id(limit) for (limit,) in reader.read(keys, 5.0, TOTAL).values()}) == 1


def test_a_real_cgroup_with_a_limit_above_it() -> None:
    with real_cgroup("outer", "inner") as (outer, inner):
        (outer / "memory.limit_in_bytes").write_text(str(64 * MIB))
        code = "print(flush=True); input(); x = b'x' * (20 << 20); print(flush=True); input()"
        with running_python(code) as child:
            assert child.stdout is not None
            (inner / "cgroup.procs").write_text(str(child.pid))
            tell(child)
            child.stdout.readline()
            key = ProcessKey(child.pid, read_started("/proc", child.pid))
            total_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
            limit = tightest(LimitReader().read([key], 0.0, total_bytes)[key])
            child.kill()
            child.wait()
    assert limit is not None
    assert (limit.limit_bytes, limit.source) == (64 * MIB, "cgroup")
    assert limit.path == "/" + outer.name
    assert limit.used_bytes is not None
    assert 20 * MIB <= limit.used_bytes <= 64 * MIB
    assert limit.reclaimable_bytes is not None
    assert limit.share is not None
    assert 0.3 < limit.share < 1

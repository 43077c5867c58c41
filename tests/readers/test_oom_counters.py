"""Counters of kills for lack of memory, by files as kernels show them and by a real kill."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.readers.cgroups import Machine, real_cgroup
from tests.readers.children import running_python, tell
from trayapp.domain.records.oom_kills import OomCount, Victim
from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.readers.kernel_log import KernelLog, KillLines
from trayapp.readers.kills import KillReader
from trayapp.readers.oom_counters import PERIOD_SECONDS, TOTAL_SECONDS, OomReader
from trayapp.readers.procfile import read_started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counters of Linux")

MIB = 1024**2
VMSTAT = "nr_free_pages 5\noom_kill_not 99\noom_kill {}\nnuma_hit 3\n"
EVENTS = "low 0\nhigh 0\nmax 9\noom 3\noom_kill {}\noom_group_kill 0\n"
CONTROL = "oom_kill_disable 0\nunder_oom 0\noom_kill {}\n"
WEB = {"web": [ProcessKey(7, 7)]}


@contextmanager
def reading(machine: Machine | None = None) -> Iterator[OomReader]:
    reader = OomReader(str(machine.root)) if machine else OomReader()
    try:
        yield reader
    finally:
        reader.close()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.mount_v2()
    machine.process(7, "0::/web\n")
    machine.write("proc/vmstat", VMSTAT.format(4))
    machine.cgroup("sys/fs/cgroup/web", memory_events=EVENTS.format(1))
    return machine


def test_counters_of_the_machine_and_of_a_targets_cgroup(machine: Machine) -> None:
    with reading(machine) as reader:
        assert reader.read(WEB, 0.0) == OomCount(total=4, by_target={"web": {"/web": 1}})
        assert reader.read(WEB, TOTAL_SECONDS - 0.1) is None


def test_version_1_counts_elsewhere(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.mount_v1()
    machine.process(7, "4:memory:/web\n")
    machine.cgroup("sys/fs/cgroup/memory/web", memory_oom_control=CONTROL.format(2))
    with reading(machine) as reader:
        assert reader.read(WEB, 0.0) == OomCount(total=None, by_target={"web": {"/web": 2}})
        # The machine does not count: cgroups are asked each time.
        machine.cgroup("sys/fs/cgroup/memory/web", memory_oom_control=CONTROL.format(3))
        assert reader.read(WEB, TOTAL_SECONDS) == OomCount(
            total=None, by_target={"web": {"/web": 3}}
        )


def test_the_cgroup_of_who_was_just_killed_is_still_asked(machine: Machine) -> None:
    with reading(machine) as reader:
        reader.read(WEB, 0.0)
        machine.write("proc/vmstat", VMSTAT.format(5))
        machine.cgroup("sys/fs/cgroup/web", memory_events=EVENTS.format(2))
        assert reader.read({"web": []}, TOTAL_SECONDS) == OomCount(
            total=5, by_target={"web": {"/web": 2}}
        )
        assert reader.read({"web": []}, TOTAL_SECONDS * 2) == OomCount(
            total=5, by_target={"web": {}}
        )


def test_a_cgroup_that_went_with_its_processes_is_not_counted_as_0(machine: Machine) -> None:
    with reading(machine) as reader:
        reader.read(WEB, 0.0)
        machine.write("proc/vmstat", VMSTAT.format(5))
        (machine.root / "sys/fs/cgroup/web/memory.events").unlink()
        assert reader.read(WEB, TOTAL_SECONDS) == OomCount(total=5, by_target={"web": {}})


def test_a_process_that_moved_is_found_again(machine: Machine) -> None:
    machine.cgroup("sys/fs/cgroup/other", memory_events=EVENTS.format(7))
    with reading(machine) as reader:
        reader.read(WEB, 0.0)
        machine.process(7, "0::/other\n")
        reader.read(WEB, PERIOD_SECONDS)
        count = reader.read(WEB, PERIOD_SECONDS + TOTAL_SECONDS)
        assert count == OomCount(total=4, by_target={"web": {"/other": 7}})


def test_another_owner_of_the_pid_has_another_cgroup(machine: Machine) -> None:
    with reading(machine) as reader:
        count = reader.read({"web": [ProcessKey(7, 6)]}, 0.0)
        assert count == OomCount(total=4, by_target={"web": {}})


@pytest.mark.parametrize("vmstat", ["", "nr_free_pages 5\n", "oom_kill \n", "oom_kill x\n"])
def test_broken_counters_are_unknown(machine: Machine, vmstat: str) -> None:
    machine.write("proc/vmstat", vmstat)
    machine.cgroup("sys/fs/cgroup/web", memory_events="oom_kill\n")
    with reading(machine) as reader:
        assert reader.read(WEB, 0.0) == OomCount(total=None, by_target={"web": {}})


def test_elsewhere_there_is_nothing_to_read() -> None:
    reader = OomReader(system="darwin")
    assert reader.read(WEB, 0.0) is None
    reader.close()


EATER = f"""
print(flush=True); input()
hoard = []
for _ in range(200):
    hoard.append(b"x" * {MIB})
print("ate it all", flush=True)
"""


def test_a_real_kill_is_noticed_and_named() -> None:
    """In a cgroup of its own with 50 MiB, of which the rest of the machine notices nothing."""
    with real_cgroup("oom") as (folder,), running_python(EATER) as child:
        (folder / "memory.limit_in_bytes").write_text(str(50 * MIB))
        try:
            (folder / "memory.memsw.limit_in_bytes").write_text(str(50 * MIB))
        except OSError:
            pytest.skip("swap cannot be limited here")
        (folder / "cgroup.procs").write_text(str(child.pid))
        key = ProcessKey(child.pid, read_started("/proc", child.pid))
        members = {"calm": [], "eater": [key]}
        readings = {key: MemoryReading(60 * MIB)}
        kills = KillReader()
        try:
            kills.note_sizes(readings, is_all=True)
            assert kills.read(0.0, members, members, 10**9) is None
            mark = kills.mark
            tell(child)
            assert child.wait(timeout=30) == -signal.SIGKILL
            kills.note_gone([key], members, lambda _: None)
            kill = kills.read(TOTAL_SECONDS, members, {"calm": [], "eater": []}, 10**9)
        finally:
            kills.close()
        assert kill is not None
        assert kill.counted_in == ("eater",)
        assert [(each.pid, each.target) for each in kill.victims] == [(child.pid, "eater")]
        if os.access("/dev/kmsg", os.R_OK):
            (victim,) = kill.victims
            assert victim.is_certain
            assert victim.by_cgroup
        # The next run, which was not there when it happened, tells it; the one after does not.
        after = KillReader(mark)
        try:
            kill = after.read(0.0, {}, {}, 10**9)
            told = after.mark
        finally:
            after.close()
        assert kill is not None
        assert kill.is_missed
        if os.access("/dev/kmsg", os.R_OK):
            assert [each.pid for each in kill.victims] == [child.pid]
        again = KillReader(told)
        try:
            assert again.read(0.0, {}, {}, 10**9) is None
        finally:
            again.close()


SHORT_LIVED = f"""
block = b"x" * (60 * {MIB})
print(flush=True); input()
"""


@pytest.mark.parametrize("knows_log", [True, False])
@pytest.mark.parametrize("is_targets", [True, False])
def test_a_target_that_loses_a_child_at_the_moment_of_a_real_kill_is_not_blamed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, knows_log: bool, is_targets: bool
) -> None:
    """The child is larger than who is killed, and ends between the same two readings."""
    if knows_log and not os.access("/dev/kmsg", os.R_OK):
        pytest.skip("the kernel's log may not be read here")
    if not knows_log:
        monkeypatch.setattr("trayapp.readers.kernel_log.knows_our_pids", lambda: False)
        monkeypatch.setenv("PATH", str(tmp_path))  # nor is there a journal
    with (
        real_cgroup("oom") as (folder,),
        running_python(EATER) as eater,
        running_python(SHORT_LIVED) as child,
    ):
        (folder / "memory.limit_in_bytes").write_text(str(50 * MIB))
        try:
            (folder / "memory.memsw.limit_in_bytes").write_text(str(50 * MIB))
        except OSError:
            pytest.skip("swap cannot be limited here")
        (folder / "cgroup.procs").write_text(str(eater.pid))
        killed, ended = (
            ProcessKey(each.pid, read_started("/proc", each.pid)) for each in (eater, child)
        )
        owned = {"eater": [killed]} if is_targets else {}
        members = {"innocent": [ended], **owned}
        kills = KillReader()
        try:
            sizes = {killed: MemoryReading(50 * MIB), ended: MemoryReading(65 * MIB)}
            kills.note_sizes(sizes, is_all=True)
            assert kills.read(0.0, members, members, 10**9) is None
            tell(eater)
            tell(child)
            assert eater.wait(timeout=30) == -signal.SIGKILL
            assert child.wait(timeout=30) == 0
            kills.note_gone([killed, ended], members, lambda _: None)
            after: dict[str, list[ProcessKey]] = {name: [] for name in members}
            kill, now = None, 0.0
            while kill is None and now < 20.0:
                now += TOTAL_SECONDS
                kill = kills.read(now, members, after, 10**9)
        finally:
            kills.close()
    assert kill is not None
    assert kill.subject == ("eater" if is_targets else "system")
    if knows_log or is_targets:
        # By the kernel's log, else by the counter of the cgroup.
        assert [each.pid for each in kill.victims] == [eater.pid]
        assert kill.victims[0].is_certain is knows_log
    else:
        # Nothing says who it was.
        assert kill.victims == ()
        assert kill.title == "Out of memory"


WORKERS = f"""
import os
for _ in range(3):
    if not os.fork():
        hoard = []
        for _ in range(200):
            hoard.append(b"x" * {MIB})
print(flush=True); input()
"""


def test_of_three_real_kills_each_is_named_with_the_cgroup_whose_limit_it_was() -> None:
    """The limit is that of a group above the one that the processes are in, which is a target.

    No sample has met them: they lived too short.
    """
    if not os.access("/dev/kmsg", os.R_OK):
        pytest.skip("the kernel's log may not be read here")
    with real_cgroup("above", "below") as (above, below):
        with suppress(OSError):  # newer kernels know no other way
            (above / "memory.use_hierarchy").write_text("1")
        (above / "memory.limit_in_bytes").write_text(str(50 * MIB))
        try:
            (above / "memory.memsw.limit_in_bytes").write_text(str(50 * MIB))
        except OSError:
            pytest.skip("swap cannot be limited here")
        kills = KillReader()
        try:
            groups = {"other": ["/memtray"], "jobs": [f"/{above.name}"]}
            members: dict[str, list[ProcessKey]] = {"other": [], "jobs": []}
            assert kills.read(0.0, members, members, 10**9, groups=groups) is None
            with running_python(
                f"open({str(below / 'cgroup.procs')!r}, 'w').write('0')\n" + WORKERS
            ) as parent:
                found: list[Victim] = []
                now, wanted = 0.0, 3
                while len(found) < wanted and now < 200.0:
                    now += TOTAL_SECONDS
                    time.sleep(0.05)
                    kill = kills.read(now, members, members, 10**9)
                    found += kill.victims if kill else ()
                assert parent.poll() is None
        finally:
            kills.close()
    path = "/" + above.name
    assert len({each.pid for each in found}) == 3
    assert [each.target for each in found] == ["jobs"] * 3
    assert parent.pid not in {each.pid for each in found}
    assert [(each.cgroup, each.cgroup_limit_bytes) for each in found] == [(path, 50 * MIB)] * 3


def test_lines_that_the_kernel_left_out_blame_no_other_group() -> None:
    """While many are killed it writes no more than whom."""
    lines = KillLines()
    killed = (
        b"Memory cgroup out of memory: Killed process %d (x) total-vm:1kB, anon-rss:1kB, "
        b"file-rss:1kB"
    )
    told = (
        b"oom-kill:constraint=CONSTRAINT_MEMCG,cpuset=/,oom_memcg=/a,task_memcg=/a,task=x,"
        b"pid=5,uid=0"
    )
    lines.read(told, 0.0)
    first, second = (lines.read(killed % pid, 0.0) for pid in (5, 6))
    assert first is not None
    assert second is not None
    assert (first.cgroup, second.cgroup) == ("/a", "")
    lines.read(told, 0.0)
    lines.read(b"Tasks in /a are going to be killed due to memory.oom.group set", 0.0)
    group = [lines.read(killed % pid, 0.0) for pid in (5, 6, 7)]
    assert [each.cgroup for each in group if each] == ["/a", "/a", "/a"]
    lines.read(b"y invoked oom-killer: gfp_mask=0xcc0", 0.0)
    lines.read(b"Task in /b/c killed as a result of limit of /b", 0.0)
    old = lines.read(killed % 8, 0.0)
    assert old is not None
    assert old.cgroup == "/b"


RECORDS = (
    b"4,733,2900950223,-;python invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0\n",
    b"3,801,2900951000,-;Memory cgroup out of memory: Killed process 5006 (python) "
    b"total-vm:210000kB, anon-rss:50944kB, file-rss:5120kB, shmem-rss:0kB, UID:0 pgtables:148kB "
    b"oom_score_adj:0\n",
    b"3,802,2900951000,c;Out of memory: Killed process 7 ((sd) Killed process 9 (x)) "
    b"total-vm:1kB, anon-rss:1024kB, file-rss:0kB, shmem-rss:1024kB\n",
    b"3,803,2900951000,-;Killed process 8 (we\\x0ab), UID 1000, total-vm:1kB, anon-rss:1kB, "
    b"file-rss:0kB\n",
)


def test_the_kernels_records_are_read_in_all_their_forms(tmp_path: Path) -> None:
    """Names may hold anything, also what looks like the rest of the record."""
    log = tmp_path / "kmsg"
    os.mkfifo(log)
    reader = KernelLog(str(log))
    writer = os.open(log, os.O_WRONLY | os.O_NONBLOCK)
    try:
        found: list[Victim] = []
        for record in RECORDS:
            os.write(writer, record)
            found += reader.kills()
    finally:
        os.close(writer)
        reader.close()
    assert [(each.pid, each.name, each.by_cgroup) for each in found] == [
        (5006, "python", True),
        (7, "(sd) Killed process 9 (x)", False),
        (8, "we\nb", False),
    ]
    assert [each.rss_bytes for each in found] == [56064 * 1024, 2 * MIB, 1024]


def test_a_log_that_may_not_be_read_knows_of_nobody(tmp_path: Path) -> None:
    log = KernelLog(str(tmp_path / "none"))
    assert not log.is_readable
    assert log.kills() == log.kills(from_start=True) == ()
    log.close()

"""What the kernel charges control groups: written trees of both versions, and real groups."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.readers.cgroups import Machine, real_cgroup
from tests.readers.children import FakeClock, running_python, tell
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.records.charges import Charge
from trayapp.domain.records.groups import topmost
from trayapp.domain.records.limits import Limit, tightest
from trayapp.readers.charges import PERIOD_SECONDS, ChargeReader
from trayapp.readers.frames import MachineReader

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="control groups of Linux")

MIB = 1024**2
GIB = 1024**3
TOTAL = 16 * GIB
STAT_V2 = f"""anon {300 * MIB}
file {1000 * MIB}
kernel {80 * MIB}
kernel_stack {MIB}
sock {2 * MIB}
shmem {100 * MIB}
file_mapped {50 * MIB}
file_dirty {30 * MIB}
file_writeback {20 * MIB}
inactive_anon 1
inactive_file {600 * MIB}
active_file {300 * MIB}
slab_reclaimable {60 * MIB}
slab {70 * MIB}"""
EVENTS = "low 0\nhigh 7\nmax 12\noom 3\noom_kill 2\noom_group_kill 0"
PRESSURE = (
    "some avg10=12.50 avg60=3.00 avg300=1.00 total=5\nfull avg10=2.25 avg60=1.00 avg300=0 total=3"
)
STAT_V1 = f"""cache 1
rss 2
hierarchical_memory_limit 9223372036854771712
total_cache {1000 * MIB}
total_rss {300 * MIB}
total_shmem {100 * MIB}
total_mapped_file {50 * MIB}
total_dirty {30 * MIB}
total_writeback {20 * MIB}
total_swap {40 * MIB}
total_inactive_file {600 * MIB}
total_active_file {300 * MIB}"""
CLEAN = (600 + 300 - 30 - 20 - 50) * MIB


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def opened(machine: Machine) -> ChargeReader:
    """A reader to which nothing takes any time."""
    return ChargeReader(str(machine.root), clock=lambda: 0.0)


def charge_of(machine: Machine, *paths: str, reader: ChargeReader | None = None) -> Charge | None:
    reader = reader or opened(machine)
    charged = reader.read({"web": paths}, 0.0, TOTAL).get("web")
    return charged.charge if charged else None


def unified(machine: Machine, path: str = "web", **files: object) -> None:
    given = {
        "memory_current": 1500 * MIB, "memory_max": "max", "memory_high": "max",
        "memory_stat": STAT_V2, "memory_events": EVENTS, "memory_pressure": PRESSURE,
        "memory_swap.current": 40 * MIB, "memory_peak": 1600 * MIB,
    }  # fmt: skip
    machine.cgroup(f"sys/fs/cgroup/{path}", **given | files)


def test_version_2_tells_what_it_is_made_of(machine: Machine) -> None:
    machine.mount_v2()
    unified(machine)
    charge = charge_of(machine, "/web")
    assert charge == Charge(
        groups=("/web",),
        current_bytes=1500 * MIB,
        anon_bytes=300 * MIB,
        file_bytes=900 * MIB,
        shared_bytes=100 * MIB,
        kernel_bytes=80 * MIB,
        kept_kernel_bytes=20 * MIB,
        socket_bytes=2 * MIB,
        clean_cache_bytes=CLEAN,
        swap_bytes=40 * MIB,
        peak_bytes=1600 * MIB,
        slowed_count=7,
        full_count=12,
        oom_kill_count=2,
        stall_some_percent=12.5,
        stall_full_percent=2.25,
    )
    assert charge.lasting_bytes == 700 * MIB
    assert charge.sentence == (
        "Charged to it: 800 MiB cache that is dropped when needed, 300 MiB allocated, "
        "100 MiB files in use or not written yet, 100 MiB shared memory and tmpfs, 80.0 MiB kernel."
    )
    assert charge.events_sentence == (
        "So far: at its limit 12 times, slowed down 7 times (memory.high), 2 processes killed."
    )


def test_version_1_tells_the_same_by_other_names(machine: Machine) -> None:
    machine.mount_v1()
    machine.cgroup(
        "sys/fs/cgroup/memory/web",
        **{
            "memory_usage_in_bytes": 1500 * MIB, "memory_max_usage_in_bytes": 1600 * MIB,
            "memory_limit_in_bytes": 2 * GIB, "memory_failcnt": 12, "memory_stat": STAT_V1,
            "memory_kmem.usage_in_bytes": 80 * MIB,
            "memory_oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2",
        },
    )  # fmt: skip
    assert charge_of(machine, "/web") == Charge(
        groups=("/web",),
        current_bytes=1500 * MIB,
        anon_bytes=300 * MIB,
        file_bytes=900 * MIB,
        shared_bytes=100 * MIB,
        kernel_bytes=80 * MIB,
        clean_cache_bytes=CLEAN,
        swap_bytes=40 * MIB,
        peak_bytes=1600 * MIB,
        full_count=12,
        oom_kill_count=2,
    )


def test_before_linux_5_18_the_kernels_part_is_added_up(machine: Machine) -> None:
    machine.mount_v2()
    stat = STAT_V2.replace(f"kernel {80 * MIB}\n", f"pagetables {3 * MIB}\npercpu {2 * MIB}\n")
    unified(machine, memory_stat=stat)
    charge = charge_of(machine, "/web")
    assert charge is not None
    assert charge.kernel_bytes == 76 * MIB


def test_several_groups_are_added_up_and_those_inside_others_count_once(machine: Machine) -> None:
    machine.mount_v2()
    unified(machine, "a", memory_current=GIB)
    unified(machine, "a/b", memory_current=GIB)
    unified(machine, "ab", memory_current=2 * GIB, memory_pressure="", memory_events="")
    assert topmost(["/a/b", "/ab", "/a", "/a"]) == ["/a", "/ab"]
    charge = charge_of(machine, "/a/b", "/ab", "/a")
    assert charge is not None
    assert charge.groups == ("/a", "/ab")
    assert charge.current_bytes == 3 * GIB
    assert charge.anon_bytes == 600 * MIB
    assert charge.stall_some_percent == 12.5
    assert charge.oom_kill_count is None, "not known of one"


def test_the_large_figure_is_always_new_and_the_limit_knows_it(machine: Machine) -> None:
    machine.mount_v2()
    unified(machine, memory_max=2 * GIB)
    reader = opened(machine)
    before = reader.read({"web": ["/web"]}, 0.0, TOTAL)["web"]
    limit = Limit(
        limit_bytes=2 * GIB, source="cgroup", used_bytes=1500 * MIB, reclaimable_bytes=CLEAN,
        path="/web",
    )  # fmt: skip
    assert before.limits == (limit,)
    assert limit.share == pytest.approx(700 / 2048), "clean cache is not taken for good"
    unified(machine, memory_max=2 * GIB, memory_current=1900 * MIB, memory_stat="anon 5")
    after = reader.read({"web": ["/web"]}, 1.0, TOTAL)["web"]
    assert after.charge.current_bytes == after.limits[0].used_bytes == 1900 * MIB
    assert after.charge.anon_bytes == 300 * MIB, "what it is made of is read seldom"
    later = reader.read({"web": ["/web"]}, PERIOD_SECONDS, TOTAL)["web"]
    assert later.charge.anon_bytes == 5


def test_limits_above_count_and_those_of_groups_inside_do_not(machine: Machine) -> None:
    machine.mount_v2()
    unified(machine, "a", memory_max=3 * GIB, memory_current=2900 * MIB)
    unified(machine, "a/web", memory_max=2 * GIB)
    unified(machine, "a/web/inner", memory_max=GIB, memory_current=1023 * MIB)
    charged = opened(machine).read({"web": ["/a/web"]}, 0.0, TOTAL)["web"]
    assert [limit.path for limit in charged.limits] == ["/a/web", "/a"]
    nearest = tightest(charged.limits)
    assert nearest is not None
    assert nearest.path == "/a"
    unified(machine, "a", memory_max=TOTAL)
    charged = opened(machine).read({"web": ["/a/web"]}, 0.0, TOTAL)["web"]
    assert [limit.path for limit in charged.limits] == ["/a/web"], "the machine's is none of its"


def test_who_has_not_had_a_turn_is_not_half_told(machine: Machine) -> None:
    """Where reading takes long, the rest waits for the next tick."""
    machine.mount_v2()
    unified(machine, "a")
    unified(machine, "b")
    clock = FakeClock()

    def slow() -> float:
        clock.seconds += 1
        return clock.seconds

    reader = ChargeReader(str(machine.root), clock=slow)
    groups = {"both": ["/a", "/b"]}
    assert reader.read(groups, 0.0, TOTAL) == {}
    assert reader.read(groups, 1.0, TOTAL)["both"].charge.current_bytes == 3000 * MIB


@pytest.mark.parametrize("broken", ["", "anon\n", "anon x\nfile -3", "\0" * 99, "anon 5 6"])
def test_what_cannot_be_read_is_unknown_and_not_0(machine: Machine, broken: str) -> None:
    machine.mount_v2()
    unified(
        machine, memory_stat=broken, memory_events=broken, memory_pressure=broken,
        **{"memory_swap.current": broken, "memory_peak": broken},
    )  # fmt: skip
    charge = charge_of(machine, "/web")
    assert charge is not None
    assert charge.current_bytes == 1500 * MIB
    assert charge[2:] == (None,) * len(charge[2:])
    assert (charge.sentence, charge.events_sentence) == ("", "")


def test_groups_that_cannot_be_seen_or_are_not_charged_tell_nothing(machine: Machine) -> None:
    machine.mount_v2()
    machine.cgroup("sys/fs/cgroup/thread", cgroup_type="threaded")
    reader = opened(machine)
    groups = {"a": ["/thread"], "b": ["/none"], "c": ["/../host"], "d": []}
    assert reader.read(groups, 0.0, TOTAL) == {}
    unified(machine)
    assert "web" in reader.read({"web": ["/web"]}, 1.0, TOTAL)
    (machine.root / "sys/fs/cgroup/web/memory.current").unlink()
    assert reader.read({"web": ["/web"]}, 2.0, TOTAL) == {}
    assert ChargeReader(system="darwin").read({"web": ["/web"]}, 0.0, TOTAL) == {}


HOLDER = f"""
import sys
open(sys.argv[1], "w").write("0")
hoard = b"x" * (30 * {MIB})
with open(sys.argv[2], "wb") as file:
    file.write(b"y" * (20 * {MIB}))
    file.flush()
    import os
    os.fsync(file.fileno())
print("ready", flush=True)
input()
"""


def test_a_target_of_a_real_group_has_its_charge_cache_and_limit(tmp_path: Path) -> None:
    """Of version 1 here; the group of another test beside it is not counted."""
    with real_cgroup("job") as (folder,):
        with suppress(OSError):
            (folder / "memory.limit_in_bytes").write_text(str(200 * MIB))
        code = HOLDER.replace("sys.argv[1]", repr(str(folder / "cgroup.procs"))).replace(
            "sys.argv[2]", repr(str(tmp_path / "data"))
        )
        with running_python(code) as child:
            assert child.stdout is not None
            machine = MachineReader([TargetRule(name="job", cgroup=f"/{folder.name}")], app_pid=-1)
            try:
                frame = machine.read_frame(1.0, 1.0, with_groups=False)
            finally:
                machine.close()
            usage = int((folder / "memory.usage_in_bytes").read_text())
            tell(child)
    (sample,) = frame.targets
    assert [key.pid for key, _ in sample.readings] == [child.pid]
    charge = sample.charge
    assert charge is not None
    assert charge.current_bytes == pytest.approx(usage, rel=0.05)
    assert sample.size is not None
    assert (sample.size.size_bytes, sample.size.kind) == (charge.current_bytes, "charged")
    assert (charge.anon_bytes or 0) >= 30 * MIB
    assert (charge.file_bytes or 0) >= 19 * MIB or (charge.shared_bytes or 0) >= 19 * MIB
    assert sample.limits[0].limit_bytes == 200 * MIB
    assert sample.limits[0].path == f"/{folder.name}"

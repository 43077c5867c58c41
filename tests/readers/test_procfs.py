"""The Linux reader: identity, descriptors, recorded and broken files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.readers.children import FakeClock, eventually, running, tell
from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.readers.process_changes import UNKNOWN_START
from trayapp.readers.procfs import LIST_AFTER_COSTS, LIST_AT_LEAST_EVERY_SECONDS, ProcfsReader

STAT = "{pid} ({name}) S {parent} 1 1 0 -1 4194560 9 0 0 0 1 2 0 0 20 0 1 0 {started} 5 6 7 8 9 0\n"
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class FakeProc:
    """A /proc folder of plain files; a plain file never proves identity, so nothing is held."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = FakeClock()
        self.reader = ProcfsReader(str(root), descriptor_limit=0, clock=self.clock)

    def write(
        self, pid: int, started: int, *, statm: str = "90 20 5 1 0 9 0", parent: int = 1
    ) -> None:
        folder = self.root / str(pid)
        folder.mkdir(exist_ok=True)
        stat = STAT.format(pid=pid, name="app", parent=parent, started=started)
        (folder / "stat").write_text(stat)
        (folder / "statm").write_text(statm)
        (folder / "cmdline").write_bytes(b"app\0-v\0")


@pytest.fixture
def proc(tmp_path: Path) -> Iterator[FakeProc]:
    fake = FakeProc(tmp_path)
    yield fake
    fake.reader.close()


def test_figures_of_a_recorded_process(proc: FakeProc) -> None:
    proc.write(7, started=500)
    (facts,) = proc.reader.refresh().appeared
    assert facts.key == ProcessKey(7, 500)
    assert (facts.parent_pid, facts.name, facts.arguments) == (1, "app", ("app", "-v"))
    reading = MemoryReading(20 * PAGE_BYTES, anon_bytes=15 * PAGE_BYTES)
    assert proc.reader.read([facts.key]) == {facts.key: reading}


def test_a_reused_pid_is_another_process(proc: FakeProc) -> None:
    """What the new owner uses is never counted for the old one, even before a refresh."""
    proc.write(7, started=500)
    proc.reader.refresh()
    proc.write(7, started=900)
    assert proc.reader.read([ProcessKey(7, 500)]) == {}
    assert proc.reader.read_all() == {}
    changes = proc.reader.refresh()
    assert changes.gone == (ProcessKey(7, 500),)
    assert [each.key for each in changes.appeared] == [ProcessKey(7, 900)]
    assert list(proc.reader.read_all()) == [ProcessKey(7, 900)]


def test_a_pid_reused_before_the_second_look_is_noticed_there(proc: FakeProc) -> None:
    proc.write(7, started=500)
    proc.reader.refresh()
    proc.write(7, started=900)
    proc.clock.seconds += 2
    assert proc.reader.refresh().gone == (ProcessKey(7, 500),)
    assert [each.key for each in proc.reader.refresh().appeared] == [ProcessKey(7, 900)]


def test_a_pid_really_reused() -> None:
    """With real processes: the held descriptor stays with the one that ended."""
    last_pid = Path("/proc/sys/kernel/ns_last_pid")
    if not os.access(last_pid, os.W_OK):
        pytest.skip("the next pid cannot be chosen here")
    reader = ProcfsReader(descriptor_limit=8192)
    try:
        with running("sleep", "600") as child:
            pid = child.pid
            (old,) = (each.key for each in reader.refresh().appeared if each.key.pid == pid)
            assert old in reader.read([old])
        time.sleep(2 / os.sysconf("SC_CLK_TCK"))  # so that the two start times differ
        for _ in range(50):
            last_pid.write_text(str(pid - 1))
            with running("sleep", "600") as successor:
                if successor.pid != pid:
                    continue
                assert reader.read([old]) == {}
                assert old not in reader.read_all()
                changes = reader.refresh()
                (new,) = (each.key for each in changes.appeared if each.key.pid == pid)
                assert old in changes.gone
                assert new != old
                assert list(reader.read([old, new])) == [new]
                return
        pytest.skip("other programs took the pid each time")
    finally:
        reader.close()


def test_a_late_exec_is_noticed_by_reading(proc: FakeProc) -> None:
    """Long after the second look, another size of code tells of another program."""
    reader = ProcfsReader(descriptor_limit=8192, clock=proc.clock)
    try:
        with running("sh", "-c", "read line; exec sleep 600") as child:
            reader.refresh()
            proc.clock.seconds += 2
            reader.refresh()
            tell(child)
            cmdline = Path(f"/proc/{child.pid}/cmdline")
            eventually(lambda: cmdline.read_bytes() == b"sleep\x00600\x00")
            reader.read_all()
            (after,) = (each for each in reader.refresh().changed if each.key.pid == child.pid)
            assert after.arguments == ("sleep", "600")
    finally:
        reader.close()


BROKEN_STATM = ["", "\n", "90", "90 20", "a b c d e", "90 -3 5 1 0 9 0", "\0" * 50, "9" * 9000]


@pytest.mark.parametrize("statm", BROKEN_STATM, ids=lambda text: repr(text[:20]))
def test_a_broken_statm_is_unknown(proc: FakeProc, statm: str) -> None:
    """Neither a crash nor 0 bytes."""
    proc.write(7, started=500, statm=statm)
    proc.reader.refresh()
    assert proc.reader.read([ProcessKey(7, 500)]) == {}
    assert proc.reader.read_all() == {}


BROKEN_STAT = [b"", b"7", b"7 (app", b"7 app) S", b"7 (app) S 1", b"7 (app) " + b"x " * 30, b"\xff"]


@pytest.mark.parametrize("stat", BROKEN_STAT, ids=repr)
def test_a_broken_stat_is_a_process_of_which_nothing_is_known(proc: FakeProc, stat: bytes) -> None:
    proc.write(7, started=500)
    (proc.root / "7" / "stat").write_bytes(stat)
    (facts,) = proc.reader.refresh().appeared
    assert facts.key == ProcessKey(7, UNKNOWN_START)
    assert facts.arguments == ()
    assert proc.reader.read_all() == {}


def test_a_process_gone_between_list_and_look_is_no_process(proc: FakeProc) -> None:
    (proc.root / "7").mkdir()
    assert proc.reader.refresh().appeared == ()
    proc.write(7, started=500)
    assert len(proc.reader.refresh().appeared) == 1


def test_parents_come_before_children(proc: FakeProc) -> None:
    proc.write(10, started=5, parent=9)
    proc.write(9, started=4)
    assert [each.key.pid for each in proc.reader.refresh().appeared] == [9, 10]


def test_without_forks_the_list_is_taken_now_and_then(tmp_path: Path) -> None:
    """The kernel's word that nothing was forked saves the listing, for ten seconds at most."""
    (tmp_path / "loadavg").write_text("0.08 0.02 0.01 1/91 6238\n")
    proc = FakeProc(tmp_path)
    proc.reader.refresh()
    proc.write(7, started=500)
    assert proc.reader.refresh().appeared == ()
    proc.clock.seconds += LIST_AT_LEAST_EVERY_SECONDS
    assert len(proc.reader.refresh().appeared) == 1
    proc.write(8, started=600)
    (tmp_path / "loadavg").write_text("0.08 0.02 0.01 1/92 6240\n")
    assert len(proc.reader.refresh().appeared) == 1
    proc.reader.close()


def test_a_list_that_takes_long_is_taken_no_more_often_than_that_is_little(tmp_path: Path) -> None:
    """Among ten thousand processes, of which some come and go in every second."""
    proc = FakeProc(tmp_path)
    cpu_clock = FakeClock()

    def costly() -> float:
        cpu_clock.seconds += 0.01
        return cpu_clock.seconds

    reader = ProcfsReader(str(tmp_path), descriptor_limit=0, clock=proc.clock, cpu_clock=costly)
    reader.refresh()
    proc.write(7, started=500)
    assert reader.refresh().appeared == ()
    proc.clock.seconds += 0.011 * LIST_AFTER_COSTS
    assert len(reader.refresh().appeared) == 1
    shutil.rmtree(tmp_path / "7")
    # Whom a reading finds to have ended is gone at once, and others are looked for.
    proc.write(8, started=600)
    assert reader.read_all() == {}
    changes = reader.refresh()
    assert (len(changes.gone), len(changes.appeared)) == (1, 1)
    reader.close()


@pytest.mark.parametrize("loadavg", ["0.00 0.00 0.00 0/0 0\n", "", "nonsense", "1 2 3"])
def test_a_made_up_loadavg_is_not_believed(tmp_path: Path, loadavg: str) -> None:
    """Sandboxes answer with zeros: then every refresh lists."""
    (tmp_path / "loadavg").write_text(loadavg)
    proc = FakeProc(tmp_path)
    proc.reader.refresh()
    proc.write(7, started=500)
    assert len(proc.reader.refresh().appeared) == 1
    proc.reader.close()


def run_python(code: str, *command: str) -> str:
    """Run in a process of its own; its standard output."""
    done = subprocess.run(
        [*command, sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_sixty_four_descriptors_are_enough() -> None:
    """With a hard limit of 64, a hundred processes are followed and room is left for others."""
    run_python("""
        import os, resource, subprocess
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        from trayapp.readers.processes import open_process_reader
        children = [subprocess.Popen(["sleep", "60"]) for _ in range(100)]
        try:
            reader = open_process_reader()
            keys = {facts.key.pid: facts.key for facts in reader.refresh().appeared}
            ours = [keys[child.pid] for child in children]
            assert len(os.listdir("/proc/self/fd")) < 32
            assert len(reader.read(ours)) == 100
            assert set(ours) <= set(reader.read_all())
            spare = [os.open("/dev/null", os.O_RDONLY) for _ in range(40)]
        finally:
            for child in children:
                child.kill()
                child.wait()
        assert reader.read(ours) == {}
        assert set(ours) <= set(reader.refresh().gone)
        reader.close()
    """)


def test_out_of_descriptors_for_a_while() -> None:
    """When not one is left, what cannot be read is missing, and comes back later."""
    run_python("""
        import os, resource, subprocess
        resource.setrlimit(resource.RLIMIT_NOFILE, (96, 96))
        from trayapp.readers.procfs import ProcfsReader
        reader = ProcfsReader(descriptor_limit=96)
        first = {facts.key for facts in reader.refresh().appeared}
        child = subprocess.Popen(["sleep", "60"])
        taken = []
        try:
            while True:
                taken.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            pass
        nothing = reader.refresh()
        assert nothing.appeared == nothing.gone == (), nothing
        reader.read_all()
        for descriptor in taken:
            os.close(descriptor)
        appeared = {facts.key.pid for facts in reader.refresh().appeared}
        assert child.pid in appeared
        child.kill()
        child.wait()
        reader.close()
    """)


def test_held_descriptors_leave_the_low_numbers_to_others() -> None:
    """select(), which some libraries use, takes no descriptor above 1023."""
    run_python("""
        import os, resource
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < 4096:
            raise SystemExit
        from trayapp.readers.processes import open_process_reader
        reader = open_process_reader()
        reader.refresh()
        descriptor = os.open("/dev/null", os.O_RDONLY)
        assert descriptor < 16
        assert not os.get_inheritable(max(int(n) for n in os.listdir("/proc/self/fd")[:-1]))
        reader.close()
    """)


HIDDEN = """
    import os
    from trayapp.readers.procfs import ProcfsReader
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    reader = ProcfsReader(descriptor_limit=4096)
    facts = {each.key.pid: each for each in reader.refresh().appeared}
    hidden, own = facts.get(1), facts[os.getpid()]
    assert own.arguments
    assert own.key in reader.read_all()
    if HIDEPID == 1:
        assert hidden is not None and hidden.arguments == ()
        assert reader.read([hidden.key]) == {}
        assert hidden.key not in reader.read_all()
        assert hidden not in reader.refresh().appeared
    else:
        assert hidden is None
"""


@pytest.mark.parametrize("hidepid", [1, 2])
def test_hidden_processes_of_others(hidepid: int) -> None:
    """On a mount with hidepid, what may not be read is unknown: not 0, not an error."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root may mount")
    # In a mount namespace of its own: nobody else sees this /proc.
    mount = ["unshare", "--mount", "sh", "-c"]
    mount.append(f'mount -t proc -o hidepid={hidepid} proc /proc && exec "$0" "$@"')
    if subprocess.run([*mount, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount /proc")
    run_python(HIDDEN.replace("HIDEPID", str(hidepid)), *mount)


def test_another_users_process_is_read_like_any() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can start one")
    reader = ProcfsReader(descriptor_limit=4096)
    try:
        with running("sleep", "600", user=65534) as child:
            (found,) = (each for each in reader.refresh().appeared if each.key.pid == child.pid)
            assert found.arguments == ("sleep", "600")
            assert found.key in reader.read([found.key])
    finally:
        reader.close()


DOCKER_ID = "3f2a91b7c0de" + "5" * 52
CGROUPS: dict[str, tuple[str | bytes, str | None]] = {
    "version 2": ("0::/system.slice/nginx.service\n", "/system.slice/nginx.service"),
    "version 2, the root": ("0::/\n", "/"),
    "version 1": (
        "12:cpu,cpuacct:/system.slice\n5:memory:/system.slice/cron.service\n"
        "1:name=systemd:/system.slice/cron.service/x\n",
        "/system.slice/cron.service/x",
    ),
    "both, docker": (
        f"5:memory:/docker/{DOCKER_ID}\n1:name=systemd:/docker/{DOCKER_ID}\n"
        "0::/system.slice/containerd.service\n",
        f"/docker/{DOCKER_ID}",
    ),
    "version 1 without systemd": ("4:memory:/lxc/web\n3:cpuset:/\n1:name=systemd:/\n", "/lxc/web"),
    "colons in the path": ("0::/a:b:c.service\n", "/a:b:c.service"),
    "undecodable": (b"0::/a\xff.service\n", "/a\udcff.service"),
    "too long": ("0::/" + "a" * 5000 + "\n", None),
    "empty": ("", None),
    "nonsense": ("nonsense\n::\n0::\n0::relative\n\0\0\n", None),
}


@pytest.mark.parametrize("cgroup", CGROUPS)
def test_the_control_group_that_tells_most(proc: FakeProc, cgroup: str) -> None:
    proc.write(7, started=500)
    written, expected = CGROUPS[cgroup]
    (proc.root / "7" / "cgroup").write_bytes(
        written if isinstance(written, bytes) else written.encode()
    )
    (facts,) = proc.reader.refresh().appeared
    assert facts.cgroup == expected
    assert facts.arguments == ("app", "-v")


def test_a_control_group_is_one_string_for_all_and_is_not_interned(proc: FakeProc) -> None:
    """Python 3.12 before 3.12.7 never lets go of interned strings: a day has 100,000 groups."""
    for pid in (7, 8):
        proc.write(pid, started=500)
        (proc.root / str(pid) / "cgroup").write_text("0::/system.slice/run-u4711.service\n")
    first, second = (facts.cgroup for facts in proc.reader.refresh().appeared)
    assert first is second
    another = "".join(["/system.slice/", "run-u4711.service"])
    assert sys.intern(another) is another


def test_without_control_groups_a_process_is_known_all_the_same(proc: FakeProc) -> None:
    proc.write(7, started=500)
    (facts,) = proc.reader.refresh().appeared
    assert facts.cgroup is None
    assert list(proc.reader.read_all()) == [facts.key]


def test_a_process_moved_to_its_unit_right_after_its_start_is_told_as_changed(
    proc: FakeProc,
) -> None:
    """Desktops fork first and move then; a control group that vanishes stays known."""
    proc.write(7, started=500)
    (proc.root / "7" / "cgroup").write_text("0::/session-2.scope\n")
    proc.reader.refresh()
    (proc.root / "7" / "cgroup").write_text("0::/app-editor-7.scope\n")
    proc.clock.seconds += 2
    (facts,) = proc.reader.refresh().changed
    assert facts.cgroup == "/app-editor-7.scope"
    (proc.root / "7" / "cgroup").unlink()
    proc.clock.seconds += 2
    assert proc.reader.refresh().changed == ()


def test_our_own_control_group_on_this_machine() -> None:
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    reader = ProcfsReader(descriptor_limit=4096)
    try:
        appeared = {each.key.pid: each for each in reader.refresh().appeared}
        cgroup = appeared[os.getpid()].cgroup
        assert cgroup in {"/", *(line.split(":", 2)[2] for line in lines)}
        assert all(each.cgroup is None for each in appeared.values() if not each.arguments)
    finally:
        reader.close()


def test_file_and_user_are_read_where_somebody_asks_for_them() -> None:
    with running(sys.executable, "-c", "input()") as child:
        reader = ProcfsReader()
        try:
            before = {facts.key.pid: facts for facts in reader.refresh().appeared}[child.pid]
            assert (before.exe, before.user) == (None, None)
            reader.ask_for(exe=True, user=True)
            after = {facts.key.pid: facts for facts in reader.refresh().changed}[child.pid]
        finally:
            reader.close()
        assert after.exe == str(Path(f"/proc/{child.pid}/exe").readlink())
        assert after.user is not None
        assert after.user.uid == os.geteuid()


def test_the_group_that_memory_is_charged_to_is_told_where_it_is_another(proc: FakeProc) -> None:
    proc.write(7, started=500)
    groups = proc.root / "7" / "cgroup"
    for lines, expected in (
        ("1:name=systemd:/user.slice\n4:memory:/jobs\n0::/user.slice\n", ("/user.slice", "/jobs")),
        ("1:name=systemd:/a\n4:memory:/a\n", ("/a", None)),
        ("1:name=systemd:/a\n4:memory:/\n", ("/a", "/")),
        ("1:name=systemd:/\n4:memory:/jobs\n", ("/jobs", None)),
        ("0::/a/b\n", ("/a/b", None)),
        ("0::/\n", ("/", None)),
    ):
        groups.write_text(lines)
        reader = ProcfsReader(str(proc.root), descriptor_limit=0)
        (facts,) = reader.refresh().appeared
        assert (facts.cgroup, facts.memory_cgroup) == expected
        reader.close()

"""Every reader, against real processes of ours: who appears, changes and goes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.readers.children import FakeClock, eventually, running, running_python, tell
from trayapp.domain.records.samples import ProcessFacts, ProcessKey
from trayapp.readers.portable import PortableReader
from trayapp.readers.processes import ProcessReader, open_process_reader
from trayapp.readers.procfs import ProcfsReader

OPENERS: dict[str, Callable[[FakeClock], ProcessReader]] = {
    "held": lambda clock: ProcfsReader(descriptor_limit=8192, clock=clock),
    "opened each time": lambda clock: ProcfsReader(descriptor_limit=0, clock=clock),
    "psutil": PortableReader,
}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=OPENERS)
def reader(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[ProcessReader]:
    reader = OPENERS[request.param](clock)
    yield reader
    reader.close()


def facts_of(facts: tuple[ProcessFacts, ...], pid: int) -> ProcessFacts:
    """The only ones about `pid`."""
    (found,) = (each for each in facts if each.key.pid == pid)
    return found


def test_a_process_appears_once_with_parent_and_command_line(reader: ProcessReader) -> None:
    """The first refresh tells of everyone, later ones only of the new."""
    own = facts_of(reader.refresh().appeared, os.getpid())
    with running("sleep", "600") as child:
        found = facts_of(reader.refresh().appeared, child.pid)
        again = reader.refresh()
    assert own.parent_pid == os.getppid()
    assert found.parent_pid == os.getpid()
    assert found.name == "sleep"
    assert found.arguments == ("sleep", "600")
    assert found.command_line == "sleep 600"
    assert not [each for each in again.appeared if each.key == found.key]


def test_a_reaped_process_is_gone_once(reader: ProcessReader) -> None:
    with running("sleep", "600") as child:
        key = facts_of(reader.refresh().appeared, child.pid).key
    assert reader.read([key]) == {}
    assert key in reader.refresh().gone
    assert key not in reader.refresh().gone
    assert key not in reader.read_all()


def test_readings_agree_with_psutil(reader: ProcessReader) -> None:
    with running_python("data = b'x' * 50_000_000; print(flush=True); input()") as child:
        key = facts_of(reader.refresh().appeared, child.pid).key
        reading = reader.read([key])[key]
        memory = psutil.Process(child.pid).memory_info()
        assert reading.rss_bytes == pytest.approx(memory.rss, rel=0.02)
        assert reader.read_all()[key] == reading
        if reading.anon_bytes is not None:
            assert reading.anon_bytes == pytest.approx(memory.rss - memory.shared, rel=0.02)


def test_only_what_was_asked_for_is_read(reader: ProcessReader) -> None:
    reader.refresh()
    own = next(key for key in reader.read_all() if key.pid == os.getpid())
    assert list(reader.read([own, ProcessKey(own.pid, own.started + 1)])) == [own]


def test_the_start_is_told_in_wall_time(reader: ProcessReader) -> None:
    own = facts_of(reader.refresh().appeared, os.getpid())
    assert own.started_wall_seconds == pytest.approx(psutil.Process().create_time(), abs=1.5)


def test_exec_changes_the_command_line_within_two_refreshes(
    reader: ProcessReader, clock: FakeClock
) -> None:
    """A shell's fork, seen before its exec, ends up as what it became."""
    with running("sh", "-c", "read line; exec sleep 600") as child:
        before = facts_of(reader.refresh().appeared, child.pid)
        tell(child)
        eventually(lambda: Path(f"/proc/{child.pid}/cmdline").read_bytes() == b"sleep\x00600\x00")
        clock.seconds += 2
        after = facts_of(reader.refresh().changed, child.pid)
    assert before.arguments[0] == "sh"
    assert after.arguments == ("sleep", "600")
    assert after.name == "sleep"
    assert after.key == before.key
    assert after.started_wall_seconds == before.started_wall_seconds


def test_nothing_changes_when_nothing_changed(reader: ProcessReader, clock: FakeClock) -> None:
    with running("sleep", "600") as child:
        facts_of(reader.refresh().appeared, child.pid)
        for _ in range(3):
            clock.seconds += 2
            assert child.pid not in {each.key.pid for each in reader.refresh().changed}


def test_an_orphan_gets_its_new_parent(reader: ProcessReader) -> None:
    with running("sh", "-c", "sleep 600 & echo $!; read line") as parent:
        assert parent.stdout is not None
        orphan = int(parent.stdout.readline())
        before = facts_of(reader.refresh().appeared, orphan)
    try:
        after = facts_of(reader.refresh().changed, orphan)
        assert before.parent_pid == parent.pid
        assert after.parent_pid == psutil.Process(orphan).ppid() != parent.pid
    finally:
        os.kill(orphan, 9)


def test_a_zombie_has_no_reading_and_keeps_its_command_line(
    reader: ProcessReader, clock: FakeClock
) -> None:
    """It holds no memory, which is not the same as holding 0 bytes."""
    with running("sleep", "600") as child:
        key = facts_of(reader.refresh().appeared, child.pid).key
        reader.read([key])
        child.kill()
        zombie = psutil.Process(child.pid)
        eventually(lambda: zombie.status() == psutil.STATUS_ZOMBIE)
        assert reader.read([key]) == {}
        assert key not in reader.read_all()
        clock.seconds += 2
        changes = reader.refresh()
        assert key not in changes.gone
        assert child.pid not in {each.key.pid for each in changes.changed}


def test_a_kernel_thread_has_neither_arguments_nor_a_reading(reader: ProcessReader) -> None:
    appeared = reader.refresh().appeared
    thread = next((each for each in appeared if each.key.pid == 2), None)
    if thread is None or thread.name != "kthreadd":
        pytest.skip("kernel threads are not visible here")
    assert thread.arguments == ()
    assert thread.command_line == "kthreadd"
    assert reader.read([thread.key]) == {}


NAMES = [b") S 1 (evil", b"two\nlines", b"\xff\xfe\xfd", b"(((", b")))", b" "]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_a_name_may_hold_anything(reader: ProcessReader, name: bytes) -> None:
    code = (
        "import ctypes, os; ctypes.CDLL(None).prctl(15, os.fsencode(os.sys.argv[1]), 0, 0, 0);"
        "print(flush=True); input()"
    )
    with running_python(code, os.fsdecode(name)) as child:
        found = facts_of(reader.refresh().appeared, child.pid)
        assert os.fsencode(found.name) == name
        assert found.parent_pid == os.getpid()
        assert reader.read([found.key])[found.key].rss_bytes > 0


def test_arguments_may_hold_anything_and_are_bounded(reader: ProcessReader) -> None:
    """A 128 KiB argument costs 4 KiB at most, invalid UTF-8 survives."""
    huge = "x" * (128 * 1024 - 1)
    with running("sh", "-c", "read line", "\udcff\n<b>", huge) as child:
        arguments = facts_of(reader.refresh().appeared, child.pid).arguments
    assert arguments[:4] == ("sh", "-c", "read line", "\udcff\n<b>")
    assert arguments[4].strip("x") == ""
    assert 3000 < sum(map(len, arguments)) <= 4096


def test_many_arguments_are_bounded(reader: ProcessReader) -> None:
    with running("sh", "-c", "read line", *(["x"] * 20000)) as child:
        arguments = facts_of(reader.refresh().appeared, child.pid).arguments
    assert len(" ".join(arguments)) <= 4096


def test_the_default_reader_follows_us() -> None:
    reader = open_process_reader()
    try:
        key = facts_of(reader.refresh().appeared, os.getpid()).key
        assert reader.read([key])[key].rss_bytes > 0
    finally:
        reader.close()


def test_processes_that_come_and_go_while_being_listed(reader: ProcessReader) -> None:
    """A fork storm crashes nothing, and nothing is kept of it."""
    storm = (
        "import os\nprint(flush=True)\n"
        "while True:\n"
        "    pid = os.fork()\n"
        "    if not pid: os._exit(0)\n"
        "    os.waitpid(pid, 0)\n"
    )
    reader.refresh()
    seen: set[ProcessKey] = set()
    left: set[ProcessKey] = set()
    with running_python(storm) as child:
        for _ in range(60):
            changes = reader.refresh()
            left.update(changes.gone)
            seen.update(each.key for each in changes.appeared if each.parent_pid == child.pid)
            assert all(reading.rss_bytes for reading in reader.read_all().values())

    def all_left() -> bool:
        left.update(reader.refresh().gone)
        return seen <= left

    eventually(all_left)  # the last one waits for init to reap it
    if isinstance(reader, ProcfsReader):
        assert descriptors_on_processes() <= len(psutil.pids()) + 5


def descriptors_on_processes() -> int:
    """How many statm files this process holds open."""
    links = (str(link) for link in Path("/proc/self/fd").iterdir())
    return sum(os.path.lexists(link) and is_statm(link) for link in links)


def is_statm(link: str) -> bool:
    try:
        return os.readlink(link).endswith("/statm")  # noqa: PTH115
    except OSError:
        return False


def test_closing_leaves_no_descriptor() -> None:
    before = descriptors_on_processes()
    reader = ProcfsReader(descriptor_limit=8192)
    reader.refresh()
    reader.read_all()
    assert descriptors_on_processes() > before
    reader.close()
    assert descriptors_on_processes() == before


def test_running_pids_are_those_of_ps(reader: ProcessReader) -> None:
    """The system's own tool sees the same processes."""
    reader.refresh()
    with running("sleep", "600") as child:
        reader.refresh()

        def agree() -> bool:
            """Not at once: the program may still be loading its libraries."""
            pids = subprocess.check_output(["ps", "-eo", "pid=,rss="], text=True)
            ps = {int(pid): int(rss) * 1024 for pid, rss in map(str.split, pids.splitlines())}
            ours = {key.pid: reading.rss_bytes for key, reading in reader.read_all().items()}
            return ours[child.pid] == ps[child.pid] > 0

        eventually(agree)

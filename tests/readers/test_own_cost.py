"""What this process costs, against the system's own figures."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests.desktop.desktop import wait_until
from tests.readers.children import FakeClock
from trayapp.readers.own_children import ended_cpu_seconds
from trayapp.readers.own_cost import (
    SLOW_SECONDS,
    AppReader,
    Costs,
    ProcCosts,
    PsutilCosts,
    RequestedWork,
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=[ProcCosts, PsutilCosts])
def reader(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[AppReader]:
    costs: Costs = request.param()
    reader = AppReader(costs, clock=clock)
    yield reader
    reader.close()


def test_figures_agree_with_psutil(reader: AppReader) -> None:
    sample = reader.read()
    memory = psutil.Process().memory_full_info()
    assert sample.pid == os.getpid()
    assert sample.rss_bytes == pytest.approx(memory.rss, rel=0.02)
    assert sample.uss_bytes == pytest.approx(memory.uss, rel=0.05)
    assert sample.descriptor_count == pytest.approx(psutil.Process().num_fds(), abs=2)
    assert sample.thread_count == threading.active_count()


@contextmanager
def private_memory(size_bytes: int) -> Iterator[None]:
    """Touch fresh memory of our own; straight from the kernel, since malloc may have some left."""
    with mmap.mmap(-1, size_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as block:
        block[:] = b"x" * size_bytes
        yield


def test_private_memory_is_read_on_a_slow_clock(reader: AppReader, clock: FakeClock) -> None:
    before = reader.read().uss_bytes
    assert before is not None
    with private_memory(30_000_000):
        clock.seconds += SLOW_SECONDS / 2
        between = reader.read()
        clock.seconds += SLOW_SECONDS / 2
        after = reader.read().uss_bytes
    assert between.uss_bytes == before
    assert between.rss_bytes is not None
    assert after is not None
    assert after - before > 15_000_000


def test_after_a_cleanup_the_next_reading_is_fresh(reader: AppReader) -> None:
    before = reader.read().uss_bytes
    assert before is not None
    with private_memory(30_000_000):
        reader.read_again_soon()
        after = reader.read().uss_bytes
    assert after is not None
    assert after - before > 15_000_000


def test_cpu_is_a_share_of_one_core_since_the_last_reading(clock: FakeClock) -> None:
    cpu_clock = FakeClock()
    reader = AppReader(clock=clock, cpu_clock=cpu_clock)
    assert reader.read().cpu_percent is None
    clock.seconds += 2
    cpu_clock.seconds += 0.01
    assert reader.read().cpu_percent == pytest.approx(0.5)
    clock.seconds += 2
    assert reader.read().cpu_percent == pytest.approx(0.0)
    assert reader.read().cpu_percent is None
    reader.close()


def test_what_went_to_disk_is_counted(tmp_path: Path) -> None:
    costs = ProcCosts()
    before = costs.read_slow().written_bytes
    if before is None:
        pytest.skip("this kernel does not count")
    with (tmp_path / "file").open("wb") as file:
        file.write(os.urandom(1_000_000))
        os.fsync(file.fileno())
    after = costs.read_slow().written_bytes
    costs.close()
    assert after is not None
    if after == before:
        pytest.skip("the temporary folder is in memory")
    assert after - before >= 1_000_000


def test_what_was_written_before_it_was_this_program_is_not_counted(tmp_path: Path) -> None:
    """A shell that has installed something and then becomes Memtray by `exec` keeps its counts."""
    (tmp_path / "io").write_text("rchar: 5\nwrite_bytes: 73400320\n")
    costs = ProcCosts(str(tmp_path))
    assert costs.read_slow().written_bytes == 0
    (tmp_path / "io").write_text("rchar: 5\nwrite_bytes: 73404416\n")
    assert costs.read_slow().written_bytes == 4096


def test_missing_files_are_unknown(tmp_path: Path) -> None:
    reader = AppReader(ProcCosts(str(tmp_path)))
    sample = reader.read()
    reader.close()
    assert sample.rss_bytes is None
    assert sample.uss_bytes is None
    assert sample.descriptor_count is None
    assert sample.written_bytes is None


@pytest.mark.parametrize("content", ["", "Private_Clean:", "Private_Clean: many kB", "5 kB\n"])
def test_broken_files_are_unknown(tmp_path: Path, content: str) -> None:
    for name in ("statm", "smaps_rollup", "io"):
        (tmp_path / name).write_text(content)
    reader = AppReader(ProcCosts(str(tmp_path)))
    sample = reader.read()
    reader.close()
    assert (sample.rss_bytes, sample.uss_bytes, sample.written_bytes) == (None, None, None)


def test_what_persons_ask_for_is_a_part_of_the_cpu_that_is_told_apart(clock: FakeClock) -> None:
    cpu, thread = FakeClock(), FakeClock()
    requested = RequestedWork(thread)
    reader = AppReader(clock=clock, cpu_clock=cpu, requested=requested)
    assert reader.read().requested_cpu_percent is None
    with requested.counting():
        thread.seconds += 0.1
        with requested.counting():
            thread.seconds += 0.2
    thread.seconds += 5.0
    cpu.seconds += 0.5
    clock.seconds += 1.0
    sample = reader.read()
    reader.close()
    assert sample.cpu_percent == pytest.approx(50)
    assert sample.requested_cpu_percent == pytest.approx(30)
    clock.seconds += 1.0
    assert reader.read().requested_cpu_percent == 0


def test_each_thread_counts_its_own_time_and_an_error_ends_the_counting() -> None:
    requested = RequestedWork()

    def work() -> None:
        with requested.counting():
            sum(range(300_000))
            raise OSError("asked")

    with pytest.raises(OSError, match="asked"):
        work()
    once = requested.seconds
    assert once > 0

    def quietly() -> None:
        with suppress(OSError):
            work()

    threads = [threading.Thread(target=quietly) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert requested.seconds > once


CHILD = """
import subprocess, sys
block = bytearray(b"x" * 40_000_000)
grandchild = subprocess.Popen([sys.executable, "-c", "b = bytearray(b'x' * 30_000_000); input()"])
print("here", flush=True)
input()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_children_and_theirs_count_until_they_end(clock: FakeClock) -> None:
    requested = RequestedWork()
    reader = AppReader(clock=clock, requested=requested)
    before = reader.read()
    assert before.child_count is not None
    assert before.child_bytes is not None
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        requested.children.add(child.pid)

        def is_counted() -> bool:
            clock.seconds += SLOW_SECONDS
            sample = reader.read()
            return (sample.child_bytes or 0) - (before.child_bytes or 0) > 70_000_000

        wait_until(is_counted, what="memory of children")
        sample = reader.read()
        assert sample.child_count == before.child_count + 2
        assert (sample.requested_child_bytes or 0) > 70_000_000
        assert child.stdin is not None
        child.stdin.close()
    reader.close()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_a_shell_and_ended_children_wrote_before_does_not_count() -> None:
    """What became this process by exec, and whoever it had waited for, wrote for themselves."""
    code = (
        "from trayapp.readers.own_cost import ProcCosts\n"
        "costs = ProcCosts()\n"
        "print(costs._written_before, costs.read_slow().written_bytes)"
    )
    # In the repository: the folder of temporary files may be memory, where nothing is written.
    with tempfile.NamedTemporaryFile(dir=Path(__file__).parent, prefix=".written-") as file:
        script = (
            f"dd if=/dev/zero of={file.name} bs=1M count=8 conv=fsync status=none;"
            f'exec {sys.executable} -c "$0"'
        )
        done = subprocess.run(
            ["sh", "-c", script, code], capture_output=True, text=True, check=True
        )
    written_before, written = map(int, done.stdout.split())
    assert written_before >= 8 * 1024**2
    assert written < 1024**2


BURN = """
import sys, time
while time.process_time() < 0.6:
    pass
print("done", flush=True)
input()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("is_requested", [False, True])
def test_the_processor_time_of_children_counts_before_and_after_they_end(
    clock: FakeClock, is_requested: bool
) -> None:
    requested = RequestedWork()
    reader = AppReader(clock=clock, requested=requested)
    assert reader.read().child_cpu_percent is None

    def next_percents() -> tuple[float, float]:
        clock.seconds += SLOW_SECONDS
        sample = reader.read()
        assert sample.child_cpu_percent is not None
        assert sample.requested_child_cpu_percent is not None
        return sample.child_cpu_percent, sample.requested_child_cpu_percent

    next_percents()
    before = ended_cpu_seconds()
    with subprocess.Popen(
        [sys.executable, "-c", BURN], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        if is_requested:
            requested.children.add(child.pid)
        assert child.stdout is not None
        child.stdout.readline()
        living = next_percents()
        assert child.stdin is not None
        child.stdin.close()
    if is_requested:
        requested.note_ended(child.pid, ended_cpu_seconds() - before)
    # 0.6 s of 30 are 2%; it is not counted again when it has ended.
    assert living[0] > 1.9
    assert (living[1] > 1.9) is is_requested
    assert next_percents()[0] < 1.0
    # Who comes and goes between two readings counts as well.
    subprocess.run([sys.executable, "-c", BURN], input=b"\n", check=True)
    between = next_percents()
    assert between[0] > 1.9
    assert between[1] < 1.0
    reader.close()

"""What of a real process's memory was touched since its marks were cleared."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.readers.children import running_python, tell
from trayapp.domain.records.referenced import ReferencedRequest, ReferencedSample
from trayapp.domain.records.samples import ProcessKey
from trayapp.language.units import MIB
from trayapp.readers.procfile import read_started
from trayapp.readers.referenced import ReferencedReader

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps such marks")

HOLDS_60_MIB = """
import mmap, os, sys
kind = sys.argv[1]
size = 60 << 20
if kind == "shared":
    fd = os.memfd_create("frames")
    os.ftruncate(fd, size)
    held = mmap.mmap(fd, size)
else:
    held = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    held.madvise(mmap.MADV_NOHUGEPAGE)
for at in range(0, size, 4096):
    held[at] = 1
print("ready", flush=True)
for line in sys.stdin:
    for at in range(0, size * int(line) // 100, 4096):
        held[at]
    print("touched", flush=True)
"""


def key_of(pid: int) -> ProcessKey:
    return ProcessKey(pid, read_started("/proc", pid))


def ask(key: ProcessKey, *, clears: bool, root: str = "/proc") -> ReferencedSample:
    return ReferencedReader(root).carry_out(ReferencedRequest(key, clears))


@pytest.mark.parametrize("kind", ["private", "shared"])
@pytest.mark.parametrize("percent", [0, 50, 100])
def test_counts_what_was_not_touched(kind: str, percent: int) -> None:
    """Anonymous and shared memory alike, within 3 MiB of an interpreter's own comings."""
    with running_python(HOLDS_60_MIB, kind) as child:
        assert child.stdout is not None
        key = key_of(child.pid)
        cleared = ask(key, clears=True)
        assert not cleared.failed
        assert cleared.memory_bytes >= 60 * MIB
        tell(child, f"{percent}\n".encode())
        assert child.stdout.readline()
        counted = ask(key, clears=False)
        idle = 60 * MIB * (100 - percent) / 100
        assert counted.untouched_low_bytes == pytest.approx(idle, abs=8 * MIB)
        assert counted.untouched_low_bytes <= counted.untouched_high_bytes


def test_counting_clears_nothing() -> None:
    with running_python(HOLDS_60_MIB, "private") as child:
        assert child.stdout is not None
        key = key_of(child.pid)
        ask(key, clears=True)
        tell(child, b"100\n")
        assert child.stdout.readline()
        first, second = ask(key, clears=False), ask(key, clears=False)
        assert second.untouched_low_bytes <= first.untouched_low_bytes + MIB


def test_a_pid_of_somebody_else_is_not_cleared() -> None:
    with running_python(HOLDS_60_MIB, "private") as child:
        assert child.stdout is not None
        key = key_of(child.pid)
        ask(key, clears=True)
        tell(child, b"100\n")
        assert child.stdout.readline()
        assert ask(ProcessKey(child.pid, key.started - 1), clears=True).failed
        assert ask(key, clears=False).untouched_low_bytes < 20 * MIB


def test_a_process_that_has_ended_is_a_failure_and_no_error() -> None:
    with running_python(HOLDS_60_MIB, "private") as child:
        key = key_of(child.pid)
    sample = ask(key, clears=True)
    assert sample.failed
    assert sample.memory_bytes == 0


@pytest.mark.usefixtures("obeyed_modes")
def test_who_may_not_be_asked_is_left_alone() -> None:
    """Another user's process: its marks can be neither read nor cleared."""
    assert ask(key_of(1), clears=True).failed


def written(root: Path, smaps: str, rollup: str = "") -> ProcessKey:
    folder = root / "7"
    folder.mkdir()
    (folder / "smaps").write_text(smaps)
    (folder / "smaps_rollup").write_text(rollup)
    (folder / "stat").write_text("7 (x) S " + " ".join(["0"] * 18) + " 55 0 0\n")
    return ProcessKey(7, 55)


MAPPING = """{range} rw-p 00000000 00:{device} {inode} {path}
Size:               {rss} kB
Rss:                {rss} kB
Referenced:         {referenced} kB
Anonymous:          {rss} kB
AnonHugePages:         0 kB
SwapPss:             {swap} kB
VmFlags: rd wr
"""


def mapping(rss: int, referenced: int, path: str = "", inode: int = 0, swap: int = 0) -> str:
    return MAPPING.format(
        range="7f0000000000-7f0000100000", device="00" if not inode else "1b",
        inode=inode, path=path, rss=rss, referenced=referenced, swap=swap,
    )  # fmt: skip


def test_files_do_not_count_and_swap_does(tmp_path: Path) -> None:
    key = written(
        tmp_path,
        mapping(1000, 100, "[heap]")
        + mapping(5000, 0, "/usr/lib/libc.so.6", inode=77)
        + mapping(300, 300, "/memfd:a: Rss: b (deleted)", inode=9)
        + mapping(0, 0, swap=50),
    )
    sample = ask(key, clears=False, root=str(tmp_path))
    assert sample.memory_bytes == 1350 * 1024
    assert sample.untouched_low_bytes == 950 * 1024


def test_with_very_many_mappings_the_sums_give_bounds(tmp_path: Path) -> None:
    key = written(
        tmp_path,
        mapping(4, 4) * 4000,
        "0-1 ---p 0 00:00 0 [rollup]\nRss: 1000 kB\nReferenced: 300 kB\nAnonymous: 800 kB\n",
    )
    sample = ask(key, clears=False, root=str(tmp_path))
    assert (sample.untouched_low_bytes, sample.untouched_high_bytes) == (500 * 1024, 700 * 1024)


def test_shared_memory_in_very_many_mappings_counts(tmp_path: Path) -> None:
    """A leak of small memfds: thousands of mappings, and hardly any anonymous memory."""
    key = written(
        tmp_path,
        mapping(4, 4) * 4000,
        "0-1 ---p 0 00:00 0 [rollup]\nRss: 9000 kB\nPss_Shmem: 8000 kB\nReferenced: 200 kB\n"
        "Anonymous: 500 kB\n",
    )
    sample = ask(key, clears=False, root=str(tmp_path))
    assert sample.memory_bytes == 8500 * 1024
    assert sample.untouched_low_bytes == 8300 * 1024


@pytest.mark.parametrize("text", ["", "garbage\n", "Rss: x kB\n", "\x00" * 100, "a-b\n" * 50])
def test_nonsense_is_no_error(tmp_path: Path, text: str) -> None:
    key = written(tmp_path, text, text)
    sample = ask(key, clears=False, root=str(tmp_path))
    assert sample.untouched_low_bytes == 0


def test_costs_are_this_threads_own(tmp_path: Path) -> None:
    clock = iter([1.0, 1.5])
    key = written(tmp_path, mapping(10, 0))
    reader = ReferencedReader(str(tmp_path), cpu_clock=lambda: next(clock))
    assert reader.carry_out(ReferencedRequest(key, clears=False)).cpu_seconds == 0.5

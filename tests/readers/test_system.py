"""Memory of the machine: the live one, recorded ones and broken files."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.domain.records.samples import SystemSample
from trayapp.errors import PlatformError
from trayapp.readers.system import ProcSystemReader, PsutilSystemReader, open_system_reader

RECORDED = Path(__file__).parent / "recorded"
KIB = 1024


def read(root: Path) -> SystemSample:
    reader = ProcSystemReader(str(root))
    try:
        return reader.read()
    finally:
        reader.close()


def test_the_live_machine_agrees_with_free() -> None:
    """The same figures as procps' own tool."""
    sample = read(Path("/proc"))
    lines = subprocess.check_output(["free", "-b"], text=True).splitlines()
    memory, swap = (list(map(int, line.split()[1:])) for line in lines[1:3])
    assert sample.total_bytes == memory[0]
    assert sample.available_bytes == pytest.approx(memory[5], rel=0.05)
    assert (sample.swap_total_bytes, sample.swap_used_bytes) == (swap[0], swap[1])


def test_both_ways_of_reading_agree() -> None:
    ours, portable = read(Path("/proc")), PsutilSystemReader().read()
    assert portable.total_bytes == ours.total_bytes
    assert portable.available_bytes == pytest.approx(ours.available_bytes, rel=0.05)
    assert portable.swap_total_bytes == ours.swap_total_bytes
    assert portable.stall_some_percent is None


def test_every_reading_is_fresh() -> None:
    """The held files are read anew: memory that we take is missing afterwards."""
    reader = open_system_reader()
    size_bytes = 100_000_000

    def is_missing() -> bool:
        before = reader.read().available_bytes
        with mmap.mmap(-1, size_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as block:
            block[:] = b"x" * size_bytes
            return before - reader.read().available_bytes > size_bytes // 2

    # Others may give memory back at that moment, but not each time.
    assert any(is_missing() for _ in range(20))
    reader.close()


def test_a_recorded_machine() -> None:
    assert read(RECORDED / "linux-6.1") == SystemSample(
        total_bytes=8131464 * KIB,
        available_bytes=5180036 * KIB,
        swap_total_bytes=2097148 * KIB,
        swap_used_bytes=262144 * KIB,
        stall_some_percent=2.04,
        stall_full_percent=0.51,
    )


def test_an_old_kernel_gets_the_estimate_that_new_ones_make() -> None:
    """Free less what the kernel keeps, and what can be had of caches."""
    sample = read(RECORDED / "linux-2.6.32")
    low_kib = (82 + 16213 + 4787) * os.sysconf("SC_PAGE_SIZE") // KIB
    caches_kib = 780088 + 899756 - low_kib + 301344 - low_kib
    assert sample.available_bytes == (212640 - low_kib + caches_kib) * KIB
    assert sample.stall_some_percent is None
    assert sample.stall_full_percent is None


def test_an_old_kernel_without_zones_counts_free_and_cached(tmp_path: Path) -> None:
    meminfo = (RECORDED / "linux-2.6.32" / "meminfo").read_bytes()
    (tmp_path / "meminfo").write_bytes(meminfo)
    assert read(tmp_path).available_bytes == (212640 + 1523612) * KIB


def test_missing_swap_is_unknown_not_zero(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 100 kB\nMemFree: 9 kB\nMemAvailable: 50 kB\n")
    sample = read(tmp_path)
    assert sample.available_bytes == 50 * KIB
    assert sample.swap_total_bytes is None
    assert sample.swap_used_bytes is None


def test_a_container_that_tells_more_than_all_gets_all(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 100 kB\nMemFree: 9 kB\nMemAvailable: 500 kB\n")
    assert read(tmp_path).available_bytes == 100 * KIB


BROKEN = [
    b"",
    b"MemTotal:        8131464 kB\n",
    b"MemTotal:        8131464",
    b"MemTotal:        many kB\nMemFree: 5 kB\n",
    b"MemTotal:        0 kB\nMemFree: 0 kB\nMemAvailable: 0 kB\n",
    b"MemTotal:        9 kB\nMemFree: -5 kB\n",
    b"\0" * 100,
]


@pytest.mark.parametrize("meminfo", BROKEN, ids=repr)
def test_a_broken_meminfo_is_said_so(tmp_path: Path, meminfo: bytes) -> None:
    (tmp_path / "meminfo").write_bytes(meminfo)
    with pytest.raises(PlatformError, match="Cannot read this machine's memory"):
        read(tmp_path)


def test_no_proc_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="mounted"):
        ProcSystemReader(str(tmp_path))


@pytest.mark.parametrize("pressure", [b"", b"some", b"some avg10=", b"some avg10=x total=1\n"])
def test_broken_stalls_are_unknown(tmp_path: Path, pressure: bytes) -> None:
    (tmp_path / "meminfo").write_bytes((RECORDED / "linux-6.1" / "meminfo").read_bytes())
    (tmp_path / "pressure").mkdir()
    (tmp_path / "pressure" / "memory").write_bytes(pressure)
    sample = read(tmp_path)
    assert sample.stall_some_percent is None
    assert sample.available_bytes == 5180036 * KIB


LINE = st.builds(
    b"%s%s%d%s\n".__mod__,
    st.tuples(
        st.sampled_from([b"MemTotal:", b"MemFree:", b"MemAvailable:", b"SwapTotal:", b"SwapFree:"]),
        st.sampled_from([b" ", b"        ", b"", b"\n"]),
        st.integers(-10, 1 << 70),
        st.sampled_from([b" kB", b" kB", b"", b" MB"]),
    ),
)


@given(st.one_of(st.binary(max_size=200), st.lists(LINE, max_size=9).map(b"".join)))
def test_whatever_the_file_holds(meminfo: bytes) -> None:
    """Either sensible figures or the one error."""
    with TemporaryDirectory() as folder:
        Path(folder, "meminfo").write_bytes(meminfo)
        try:
            sample = read(Path(folder))
        except PlatformError:
            return
    assert 0 <= sample.available_bytes <= sample.total_bytes
    assert sample.swap_used_bytes is None or sample.swap_used_bytes >= 0


def test_the_resident_process_loads_no_psutil_on_linux() -> None:
    """Reading this machine costs none of what it does not need."""
    code = (
        "import sys\n"
        "from trayapp.readers import own_cost, processes, system, ticks\n"
        "from trayapp.platforms import current_platform\n"
        "current_platform().trim_own_heap()\n"
        "processes.open_process_reader().refresh()\n"
        "system.open_system_reader().read(); own_cost.AppReader().read()\n"
        "unwanted = {'psutil', 'subprocess', 'asyncio', 'argparse', 'shutil', 'plistlib'}\n"
        "print(unwanted & set(sys.modules) or 'clean')"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "clean\n"

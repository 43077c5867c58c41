"""Figures of heaps in a file: as the probe for Node.js writes them, and spoilt ones."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.control.process_endpoints import HEAP, endpoint_name, sweep
from trayapp.domain.records.runtimes import RuntimeHeap, tightest_heap, unknown_heap_text
from trayapp.domain.records.samples import ProcessFacts, ProcessKey, ProcessUse
from trayapp.language.units import MIB
from trayapp.readers.heap_file import MAGIC, FileHeaps
from trayapp.readers.procfile import read_started
from trayapp.readers.runtimes import OtherHeaps, RuntimeReader, heap_file_name

linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc")
HEADER = struct.pack("<8s8sII8x", MAGIC, b"node", 32, 128)


def slot(
    thread: int, old_mib: float = 30, kept_mib: float = 20, seconds: float = 1.5, end: float = 7
) -> bytes:
    """A thread's figures: 40 MiB in use of 96."""
    return struct.pack(
        "<16d",
        *(7, thread + 1, 1.8e9, 40 * MIB, 50 * MIB, 96 * MIB, old_mib * MIB, kept_mib * MIB),
        *(3 * MIB, 2 * MIB, 90, 4, seconds, 0.2, 0, end),
    )


FILE = (HEADER + slot(0) + slot(3, old_mib=9, kept_mib=-1 / MIB)).ljust(32 + 32 * 128, b"\0")


def read(data: bytes) -> tuple[RuntimeHeap, ...]:
    return FileHeaps().read(data, 0.0)


def test_each_thread_has_a_heap() -> None:
    own, worker = read(FILE)
    assert (own.thread, own.live_bytes, own.kept_bytes) == (0, 30 * MIB, 20 * MIB)
    assert (own.collections, own.full_collections, own.collecting_share) == (90, 4, None)
    assert own.limit is not None
    assert (own.limit.limit_bytes, own.limit.used_bytes) == (96 * MIB, 20 * MIB)
    assert (worker.thread, worker.live_bytes, worker.kept_bytes) == (3, 9 * MIB, None)
    assert tightest_heap([worker, own]) is own
    assert own.sentence == (
        "Node.js heap: 30.0 MiB left after the last collection, 40.0 MiB of 96.0 MiB in use, "
        "3.00 MiB outside of it"
    )
    assert worker.sentence.startswith("Node.js heap of worker thread 3: 9.00 MiB left")


def test_time_spent_collecting_is_of_each_thread() -> None:
    heaps = FileHeaps()
    heaps.read(HEADER + slot(0) + slot(3), 10.0)
    own, worker = heaps.read(HEADER + slot(0, seconds=2.0) + slot(3), 12.0)
    assert (own.collecting_share, worker.collecting_share) == (0.25, 0.0)


def test_a_slot_that_is_being_written_waits() -> None:
    (worker,) = read(HEADER + slot(0, end=6) + slot(3))
    assert worker.thread == 3


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -5.0, 1e300])
@pytest.mark.parametrize("field", [1, 3, 6, 10, 12])
def test_figures_that_cannot_be_are_refused(value: float, field: int) -> None:
    spoilt = bytearray(FILE)
    struct.pack_into("<d", spoilt, 32 + 8 * field, value)
    with pytest.raises(ValueError):
        read(bytes(spoilt))


@given(st.data())
def test_a_spoilt_file_is_refused_or_read(data: st.DataObject) -> None:
    spoilt = bytearray(FILE)
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, 32 + 3 * 128))
        spoilt[place : place + 4] = data.draw(st.binary(min_size=1, max_size=4))
    try:
        found = read(bytes(spoilt[: data.draw(st.integers(0, len(spoilt)))]))
    except ValueError:
        return
    for heap in found:
        assert heap.used_bytes >= 0
        assert heap.sentence


@given(st.binary(max_size=600))
def test_any_other_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        read(data)


def own_key() -> ProcessKey:
    return ProcessKey(os.getpid(), read_started("/proc", os.getpid()))


@linux
def test_a_process_is_found_by_its_file(tmp_path: Path) -> None:
    key = own_key()
    assert heap_file_name(key) == endpoint_name(HEAP, *key)
    reader = RuntimeReader(folder=tmp_path)
    file = tmp_path / heap_file_name(key)
    assert reader.read([key], 0.0) == {}
    file.write_bytes(FILE)
    assert [heap.thread for heap in reader.read([key], 40.0)[key]] == [0, 3]
    file.write_bytes(b"garbage")
    assert reader.read([key], 41.0) == {}
    reader.close()


@linux
def test_who_has_nothing_to_tell_is_known_after_half_a_minute(tmp_path: Path) -> None:
    """Until then it may be about to: a program that has just started."""
    key = own_key()
    reader = RuntimeReader(folder=tmp_path)
    for second, expected in ((0.0, False), (10.0, False), (40.0, True)):
        assert reader.read([key], second) == {}
        assert reader.is_silent(key) is expected
    assert unknown_heap_text("java").startswith("Java heap: unknown (started with -XX:-UsePerfData")
    assert "memtray run" in unknown_heap_text("node")
    reader.read([], 41.0)
    assert not reader.is_silent(key)
    reader.close()


@linux
@pytest.mark.parametrize("spoil", ["link", "pipe", "folder", "large"])
def test_what_is_no_file_of_its_own_is_not_read(tmp_path: Path, spoil: str) -> None:
    file = tmp_path / heap_file_name(own_key())
    if spoil == "link":
        (tmp_path / "elsewhere").write_bytes(FILE)
        file.symlink_to(tmp_path / "elsewhere")
    elif spoil == "pipe":
        os.mkfifo(file)
    elif spoil == "folder":
        file.mkdir()
    else:
        file.write_bytes(FILE.ljust(10 * MIB, b"\0"))
    reader = RuntimeReader(folder=tmp_path)
    assert reader.read([own_key()], 0.0) == {}
    reader.close()


@linux
def test_who_has_grown_once_is_read_as_long_as_it_lives(tmp_path: Path) -> None:
    """Its heap may fill while no other figure grows; it goes when a target holds it."""
    key = own_key()
    (tmp_path / heap_file_name(key)).write_bytes(FILE)
    others = OtherHeaps(RuntimeReader(folder=tmp_path))
    assert others.read([], [], lambda _: True, 0.0) == {}
    assert key in others.read([key], [], lambda _: True, 1.0)
    assert key in others.read([], [], lambda _: True, 2.0)
    assert others.read([], [], lambda _: False, 3.0) == {}
    node = ProcessUse(facts=ProcessFacts(key=key, parent_pid=1, name="node"), rss_bytes=1)
    assert key in others.read([], [node], lambda _: True, 4.0)
    others.close()


@linux
def test_what_killed_programs_leave_is_swept(tmp_path: Path) -> None:
    alive, dead, young = (
        tmp_path / heap_file_name(key)
        for key in (own_key(), ProcessKey(os.getpid(), 1), ProcessKey(os.getpid(), 2))
    )
    for file in (alive, dead, young):
        file.write_bytes(FILE)
    for file in (alive, dead):
        os.utime(file, (1e9, 1e9))
    sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([alive, young])

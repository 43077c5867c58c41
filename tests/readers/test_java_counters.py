"""Counters of Java: files of real runs, of JDK 17 and 25 with each collector, and spoilt ones."""

from __future__ import annotations

import gzip
import os
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.domain.records.runtimes import RuntimeHeap, live_bytes_of, tightest_heap
from trayapp.domain.records.samples import ProcessKey
from trayapp.language.units import MIB
from trayapp.readers.java_counters import (
    MOST_BYTES,
    JavaHeap,
    direct_bytes_of,
    parse_layout,
    read_counts,
)
from trayapp.readers.procfile import read_started
from trayapp.readers.runtimes import RuntimeReader

FILES = Path(__file__).parent / "java"
"""All of a program with `-Xmx256m`."""
HEAP_BYTES = 256 * MIB
OWN = os.getuid() if hasattr(os, "getuid") else 0
linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc")


def counters(name: str) -> bytes:
    return gzip.decompress((FILES / f"{name}.gz").read_bytes())


def with_number(data: bytes, name: str, value: int) -> bytes:
    """The same file with another value of one counter."""
    layout = parse_layout(data)
    assert layout is not None
    place = layout.places[name]
    return data[:place] + struct.pack(f"{layout.order}q", value) + data[place + 8 :]


@pytest.mark.parametrize(
    ("name", "collector", "old_mib", "collections", "full_collections"),
    [
        ("jdk17-serial", "Serial", 34.7, 6, 0),
        ("jdk17-parallel", "Parallel", 30.0, 7, 0),
        ("jdk17-g1", "G1", 25.8, 9, 0),
        ("jdk17-z", "Z", 190.0, 15, 15),
        ("jdk17-shenandoah", "Shenandoah", 113.0, 96, 96),
        ("jdk25-g1", "G1", 55.6, 6, 0),
        ("jdk25-z", "ZGC", 64.0, 100, 100),
    ],
)
def test_each_collector_is_understood(
    name: str, collector: str, old_mib: float, collections: int, full_collections: int
) -> None:
    data = counters(name)
    layout = parse_layout(data)
    assert layout is not None
    assert layout.collector == collector
    counts = read_counts(data, layout)
    assert counts.old_used_bytes / MIB == pytest.approx(old_mib, abs=0.06)
    assert counts.limit_bytes == pytest.approx(HEAP_BYTES, abs=64)
    assert counts.old_used_bytes <= counts.used_bytes <= counts.committed_bytes
    assert (counts.collections, counts.full_collections) == (collections, full_collections)
    assert 8 * MIB < (counts.metaspace_bytes or 0) < 11 * MIB


def test_what_is_left_is_known_at_once_where_generations_are_apart() -> None:
    heap = JavaHeap().read(counters("jdk17-g1"), 0.0)
    assert heap is not None
    assert heap.live_bytes == 27097088
    assert heap.limit is not None
    assert (heap.limit.source, heap.limit.used_bytes) == ("runtime", None)
    assert "25.8 MiB left" in heap.sentence
    assert "of 256 MiB in use" in heap.sentence


@pytest.mark.parametrize(
    ("arguments", "direct_bytes"),
    [
        ("", 0),
        ("-Xmx256m -XX:+UseG1GC", 0),
        ("-Xmx256m -XX:MaxDirectMemorySize=128m", 128 * MIB),
        ("-XX:MaxDirectMemorySize=64k -XX:MaxDirectMemorySize=1G -Xss1m", 1024 * MIB),
        ("-XX:MaxDirectMemorySize=1000000", 1000000),
        ("-XX:MaxDirectMemorySize=0", 0),
        ("-XX:MaxDirectMemorySize=lots", 0),
        ("-DX=-XX:MaxDirectMemorySize=1m", 0),
        ("-Da=" + 1019 * "b", None),  # cut off: what followed is not known
    ],
)
def test_the_limit_of_direct_buffers_is_among_its_options(
    arguments: str, direct_bytes: int | None
) -> None:
    assert direct_bytes_of(arguments) == direct_bytes


def test_direct_buffers_may_take_as_much_as_the_heap_unless_they_have_a_limit() -> None:
    data = counters("jdk17-g1")
    heap = JavaHeap().read(data, 0.0)
    assert heap is not None
    assert heap.outside_limit_bytes == heap.limit_bytes
    option = b"-XX:MaxDirectMemorySize=9"
    limited = JavaHeap().read(data.replace(b"--add-modules=ALL-DEFAULT", option), 0.0)
    assert limited is not None
    assert limited.outside_limit_bytes == 9


def test_so_much_is_touched_as_was_in_use_at_once() -> None:
    data, heap = counters("jdk17-serial"), JavaHeap()
    eden = "sun.gc.generation.0.space.0.used"
    old = "sun.gc.generation.1.space.0.used"
    rest = JavaHeap().read(with_number(with_number(data, eden, 0), old, 0), 0.0)
    assert rest is not None
    for size, old_size, touched in ((30, 0, 30), (5, 20, 50), (1, 10, 50), (2**20, 0, 0)):
        data = with_number(with_number(data, eden, size * MIB), old, old_size * MIB)
        now = heap.read(data, 0.0)
        assert now is not None
        most = now.committed_bytes  # it cannot have touched more than it has
        assert now.touched_bytes == (touched * MIB + rest.used_bytes if touched else most)


def test_without_generations_it_is_known_after_a_collection() -> None:
    """Between two of them, garbage is counted, too."""
    data, heap = counters("jdk17-z"), JavaHeap()
    first = heap.read(data, 0.0)
    assert first is not None
    assert first.live_bytes is None
    after = with_number(data, "sun.gc.collector.2.invocations", 16)
    after = with_number(after, "sun.gc.generation.1.space.0.used", 40 * MIB)
    second = heap.read(after, 1.0)
    assert second is not None
    assert second.live_bytes == 40 * MIB
    third = heap.read(with_number(after, "sun.gc.generation.1.space.0.used", 90 * MIB), 2.0)
    assert third is not None
    assert (third.live_bytes, third.used_bytes) == (40 * MIB, 90 * MIB)


def test_time_spent_collecting() -> None:
    data, heap = counters("jdk17-serial"), JavaHeap()
    before = heap.read(data, 10.0)
    assert before is not None
    assert before.collecting_share is None
    layout = parse_layout(data)
    assert layout is not None
    (ticks,) = struct.unpack_from("<q", data, layout.places["sun.gc.collector.1.time"])
    after = heap.read(with_number(data, "sun.gc.collector.1.time", ticks + 500_000_000), 12.0)
    assert after is not None
    assert after.collecting_share == pytest.approx(0.25)


def test_a_file_that_is_being_set_up_tells_nothing_yet() -> None:
    data = bytearray(counters("jdk17-g1"))
    data[7] = 0
    assert JavaHeap().read(bytes(data), 0.0) is None


@pytest.mark.parametrize("name", sorted(path.stem for path in FILES.glob("*.gz")))
@given(st.data())
def test_a_spoilt_file_is_refused_or_read(name: str, data: st.DataObject) -> None:
    """Nothing else happens, wherever it is cut off or overwritten, then or later."""
    spoilt = bytearray(counters(name))
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(spoilt) - 1))
        spoilt[place : place + 4] = data.draw(st.binary(min_size=1, max_size=4))
    cut = bytes(spoilt[: data.draw(st.integers(0, len(spoilt)))])
    heap = JavaHeap()
    for each in (cut, counters(name), cut, b""):
        try:
            reading = heap.read(each, 1.0)
        except ValueError:
            continue
        assert reading is None or reading.used_bytes >= 0


@given(st.binary(max_size=4096))
def test_any_other_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        parse_layout(data)


@pytest.fixture
def java(tmp_path: Path) -> Path:
    """A process file system in which this process is Java's, in a container with another name."""
    process = tmp_path / str(os.getpid())
    folder = process / "root" / "tmp" / "hsperfdata_app"
    folder.mkdir(parents=True)
    (process / "stat").write_bytes(Path(f"/proc/{os.getpid()}/stat").read_bytes())
    (process / "status").write_text(f"Name:\tjava\nNSpid:\t{os.getpid()}\t7\n")
    (folder / "7").write_bytes(counters("jdk17-g1"))
    return folder


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def read_all(root: Path) -> dict[ProcessKey, tuple[RuntimeHeap, ...]]:
    key = ProcessKey(os.getpid(), read_started("/proc", os.getpid()))
    reader = RuntimeReader(str(root))
    try:
        return reader.read([key, ProcessKey(1, 1)], 0.0)
    finally:
        reader.close()


@linux
@pytest.mark.usefixtures("java")
def test_counters_of_a_container_are_found(tmp_path: Path) -> None:
    ((key, (heap,)),) = read_all(tmp_path).items()
    assert key.pid == os.getpid()
    assert heap.collector == "G1"
    assert live_bytes_of([heap, heap]) == 2 * 27097088
    fuller = heap._replace(kept_bytes=200 * MIB)
    assert tightest_heap([heap, fuller, heap]) == fuller
    assert live_bytes_of([]) is None


@linux
@pytest.mark.parametrize("spoil", ["link", "pipe", "folder", "large", "text", "gone"])
def test_what_is_no_file_of_its_own_is_not_read(java: Path, tmp_path: Path, spoil: str) -> None:
    file = java / "7"
    data = file.read_bytes()
    file.unlink()
    if spoil == "link":
        elsewhere = tmp_path / "elsewhere"
        elsewhere.write_bytes(data)
        file.symlink_to(elsewhere)
    elif spoil == "pipe":
        os.mkfifo(file)
    elif spoil == "folder":
        file.mkdir()
    elif spoil == "large":
        file.write_bytes(data.ljust(MOST_BYTES + 1, b"\0"))
    elif spoil == "text":
        file.write_text("no counters")
    assert read_all(tmp_path) == {}


@linux
@pytest.mark.skipif(OWN != 0, reason="needs to give files away")
def test_a_file_of_another_user_is_not_read(java: Path, tmp_path: Path) -> None:
    os.chown(java / "7", 65534, 65534)
    assert read_all(tmp_path) == {}


@linux
@pytest.mark.usefixtures("java")
def test_a_process_that_ends_leaves_no_descriptor(tmp_path: Path) -> None:
    key = ProcessKey(os.getpid(), read_started("/proc", os.getpid()))
    reader = RuntimeReader(str(tmp_path))
    before = open_files()
    assert reader.read([key], 0.0)
    assert open_files() == before + 1
    assert reader.read([], 1.0) == {}
    assert open_files() == before


@linux
def test_a_file_that_is_emptied_later_is_given_up(java: Path, tmp_path: Path) -> None:
    key = ProcessKey(os.getpid(), read_started("/proc", os.getpid()))
    reader = RuntimeReader(str(tmp_path))
    assert reader.read([key], 0.0)
    (java / "7").write_bytes(b"")
    assert reader.read([key], 1.0) == {}
    assert reader.read([key], 2.0) == {}
    (java / "7").write_bytes(counters("jdk17-g1"))
    assert reader.read([key], 60.0)
    reader.close()


@linux
def test_one_that_never_tells_of_a_heap_is_read_a_few_times_only(
    java: Path, tmp_path: Path
) -> None:
    data = bytearray(counters("jdk17-g1"))
    data[7] = 0
    (java / "7").write_bytes(data)
    key = ProcessKey(os.getpid(), read_started("/proc", os.getpid()))
    reader = RuntimeReader(str(tmp_path))
    before = open_files()
    for second in range(5):
        assert reader.read([key], float(second)) == {}
    assert open_files() == before
    # It is looked at again: another virtual machine may have begun in the process.
    (java / "7").write_bytes(counters("jdk17-g1"))
    assert reader.read([key], 60.0)
    reader.close()

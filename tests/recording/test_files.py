"""What was written is read again; what is broken, foreign or cut off is told in one line."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.recording.making import MIB, STARTED, write_recording
from trayapp.errors import RecordingError
from trayapp.recording.files import read_recording
from trayapp.recording.memrec import MAGIC

ENDINGS = ("memrec", "csv")
Rows = list[tuple[float, dict[int, tuple[int, int | None] | None]]]


@st.composite
def recordings(draw: st.DrawFn) -> Rows:
    """Processes that come, cannot be read now and then, and go; most rows have some of them."""
    sizes = st.integers(4096, 2**45)
    reading = st.none() | st.tuples(sizes, st.none() | sizes)
    steps = draw(st.lists(st.integers(1, 10_000), min_size=1, max_size=30))
    pids = st.lists(st.integers(1, 6), min_size=1, max_size=4, unique=True)
    rows, microseconds, alive = [], 0, draw(pids)
    for step in steps:
        microseconds += step
        if draw(st.integers(0, 5)) == 0:
            alive = draw(pids)
        rows.append((microseconds / 1e6, {pid: draw(reading) for pid in sorted(alive)}))
    return rows


def expected(rows: Rows, pid: int) -> list[tuple[float, int, int | None]]:
    return [
        (seconds, found[0], found[1])
        for seconds, readings in rows
        if (found := readings.get(pid)) is not None
    ]


@pytest.mark.parametrize("ending", ENDINGS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=recordings(), finish=st.booleans(), per_chunk=st.integers(1, 12))
def test_what_is_written_is_read(
    tmp_path: Path, ending: str, rows: Rows, finish: bool, per_chunk: int
) -> None:
    """Also where the recorder could not finish the file."""
    path = tmp_path / f"r.{ending}"
    write_recording(path, rows, rows_per_chunk=per_chunk, finish=finish)
    recording = read_recording(path)
    tracks = {track.pid: track for track in recording.tracks}
    for pid in {pid for _, readings in rows for pid in readings}:
        wanted = expected(rows, pid)
        if not wanted:
            continue
        track = tracks[pid]
        assert track.name == f"program {pid}"
        anon = track.anon if track.anon is not None else [math.nan] * len(track.times)
        known = [
            row for row in zip(track.times, track.memory, anon, strict=True) if row[1] == row[1]
        ]
        assert [row[0] for row in known] == pytest.approx([row[0] for row in wanted])
        assert [row[1] for row in known] == [row[1] for row in wanted]
        got = [None if math.isnan(row[2]) else row[2] for row in known]
        assert got == [row[2] for row in wanted]
        # Between its first and last sample a process may be unknown, but is never 0.
        assert track.memory[0] == wanted[0][1]
        assert track.memory[-1] == wanted[-1][1]
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_wall_clock_is_kept(tmp_path: Path, ending: str) -> None:
    path = write_recording(tmp_path / f"r.{ending}", [(2.5, {7: (4096, 0)}), (3, {7: (8192, 0)})])
    recording = read_recording(path)
    assert recording.started_wall_seconds == pytest.approx(STARTED, abs=0.002)
    assert recording.seconds == pytest.approx(3)


def steady(count: int = 40) -> Rows:
    return [(row / 1000, {1: (row * MIB, None)}) for row in range(1, count + 1)]


@pytest.mark.parametrize("ending", ENDINGS)
def test_any_beginning_of_a_file_can_be_read(tmp_path: Path, ending: str) -> None:
    """Killed at any byte: what was whole by then is there, in order, and a note says so."""
    whole = write_recording(tmp_path / f"r.{ending}", steady(), rows_per_chunk=10).read_bytes()
    cut = tmp_path / f"cut.{ending}"
    seen = 0
    for length in range(len(whole)):
        cut.write_bytes(whole[:length])
        try:
            recording = read_recording(cut)
        except RecordingError as error:
            assert seen == 0
            assert "\n" not in str(error)
            continue
        values = [size for track in recording.tracks for size in track.memory]
        assert values == [row * MIB for row in range(1, len(values) + 1)]
        assert len(values) >= seen
        seen = len(values)
        if ending == "memrec":
            assert len(recording.notes) == 1
    assert seen >= 39


def test_damage_in_the_middle_costs_what_follows(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "r.memrec", steady(), rows_per_chunk=10)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    recording = read_recording(path)
    assert "damaged" in recording.notes[0]
    (track,) = recording.tracks
    assert list(track.memory) == [row * MIB for row in range(1, len(track.memory) + 1)]
    assert 10 <= len(track.memory) < 40


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_bytes_crash_the_reader(tmp_path: Path, data: st.DataObject) -> None:
    whole = write_recording(tmp_path / "r.memrec", steady(), rows_per_chunk=10).read_bytes()
    kind = data.draw(st.sampled_from(["bytes", "after magic", "changed"]))
    if kind == "changed":
        broken = bytearray(whole)
        for at in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4)):
            broken[at] = data.draw(st.integers(0, 255))
    else:
        broken = bytearray(MAGIC if kind == "after magic" else b"")
        broken += data.draw(st.binary(max_size=300))
    path = tmp_path / "broken"
    path.write_bytes(broken)
    try:
        read_recording(path)
    except RecordingError as error:
        assert len(str(error).splitlines()) == 1


def block(kind: bytes, text: bytes, data: bytes = b"") -> bytes:
    return struct.pack("<4sIII", kind, len(text), len(data), zlib.crc32(text + data)) + text + data


HEAD = block(
    b"HEAD",
    b'{"format":1,"interval_seconds":1,"started_wall_seconds":1e9,"columns":["rss_bytes"]}',
)


@pytest.mark.parametrize(
    "rest",
    [
        block(b"ROWS", b'{"rows":99999999999,"processes":[],"bytes":[8]}', bytes(8)),
        block(b"ROWS", b'{"rows":1,"processes":[[]],"bytes":[8,8]}', bytes(16)),
        block(b"ROWS", b'{"rows":1,"processes":[1,1],"bytes":[8,8,8]}', bytes(24)),
        block(b"ROWS", b'{"rows":2,"processes":[1],"bytes":[16,4]}', bytes(16) + b"zlib"),
        block(b"ROWS", b"[]"),
        block(b"ROWS", b"{}"),
        block(b"PROC", b"not json"),
        struct.pack("<4sIII", b"ROWS", 2**32 - 1, 2**32 - 1, 0) + bytes(100),
    ],
)
def test_blocks_that_cannot_be_are_a_note(tmp_path: Path, rest: bytes) -> None:
    """Whole by their checksum, but not from Memtray: nothing is believed, nothing crashes."""
    path = tmp_path / "r.memrec"
    path.write_bytes(MAGIC + HEAD + rest)
    recording = read_recording(path)
    assert recording.tracks == ()
    assert len(recording.notes) == 1


def test_blocks_of_another_kind_are_skipped(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "r.memrec", steady())
    data = path.read_bytes()
    path.write_bytes(data + block(b"NEWS", b'{"from":"the future"}'))
    assert read_recording(path).notes == ()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "it reads a .memrec file"),
        (b"hello world\n", "it reads a .memrec file, .*, and a table with a time column"),
        (b"t_s,cpu\n1,2\n", "no memory column"),
        (b"t_s,rss_bytes\n", "no samples"),
        (b"t_s,rss_bytes\n1e300,4\n", "no samples"),
        (b"t_s,rss_bytes\n1e15,4\n", "outside any calendar"),
        (b"time,rss\n" + b"9" * 2_000_000, "a line is too long"),
        (b"\x1f\x8b but no gzip", "is not a recording"),
        (MAGIC, "damaged at its beginning"),
        (MAGIC + block(b"HEAD", b'{"format":2}'), "newer Memtray"),
    ],
)
def test_what_is_no_recording_is_told_in_one_line(
    tmp_path: Path, content: bytes, told: str
) -> None:
    path = tmp_path / "r"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=told) as caught:
        read_recording(path)
    assert len(str(caught.value).splitlines()) == 1


def test_missing_files_and_folders_are_told(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="No such file"):
        read_recording(tmp_path / "none.csv")
    with pytest.raises(RecordingError, match="cannot read"):
        read_recording(tmp_path)


def test_numpy_reads_the_columns_as_documented(tmp_path: Path) -> None:
    """Without Memtray: blocks, CRC, zlib, float64."""
    rows: Rows = [(row / 1000, {1: (4096 * row, 4096)}) for row in range(1, 501)]
    data = write_recording(tmp_path / "r.memrec", rows).read_bytes()[8:]
    while data:
        kind, text, body, checksum = struct.unpack_from("<4sIII", data)
        assert zlib.crc32(data[16 : 16 + text + body]) == checksum
        if kind == b"ROWS":
            import json

            described = json.loads(data[16 : 16 + text])
            at, columns = 16 + text, []
            for length in described["bytes"]:
                column = data[at : at + length]
                at += length
                is_packed = length != 8 * described["rows"]
                columns.append(
                    np.frombuffer(zlib.decompress(column) if is_packed else column, "<f8")
                )
            assert columns[0] == pytest.approx([row[0] for row in rows])
            assert list(columns[1]) == [4096 * row for row in range(1, 501)]
            assert set(columns[2]) == {4096}
            break
        data = data[16 + text + body :]
    else:
        pytest.fail("no rows")


def table(tmp_path: Path, text: str) -> dict[str, list[float | None]]:
    """The columns that are found in a table, by name; None is unknown."""
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    return {
        track.name: [None if math.isnan(size) else size for size in track.memory]
        for track in read_recording(path).tracks
    }


def test_tables_of_others(tmp_path: Path) -> None:
    """Units by name, unknown cells, columns that are no memory use left out."""
    found = table(
        tmp_path,
        "Timestamp,CPU %,rss_kb,Heap (MB),mem_limit_bytes,swap_free_kb,web.rss_bytes\n"
        "2026-03-01T12:00:00Z,5,1,2,9,9,\n"
        "2026-03-01T12:00:01Z,5,2,n/a,9,9,300\n"
        "2026-03-01T12:00:02Z,5,3,4,9,9,300\n",
    )
    assert found == {
        "rss_kb": [1024, 2048, 3072],
        "Heap (MB)": [2 * MIB, None, 4 * MIB],
        "web.rss_bytes": [300, 300],
    }


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("seconds,rss_bytes\n0,1\n0.5,1\n", 0.5),
        ("# a comment\n\nelapsed_ms,rss_bytes\n0,1\n500,1\n", 0.5),
        ("\ufeffseconds;rss_bytes\n0,25;1\n0,75;1\n", 0.5),
        ("time\trss_bytes\n1780000000.25\t1\n1780000000.75\t1", 0.5),
        ("timestamp,rss_bytes\n1780000000250,1\n1780000000750,1\n", 0.5),
        ("date,rss_bytes\n2026-03-01 12:00:00.25,1\n2026-03-01 12:00:00.75,1\n", 0.5),
        ("seconds,rss_bytes\n0.5,1\n0,1\n", 0.5),
        ("seconds,rss_bytes\n0,1\nnonsense,1\n0.5,1\n,\n", 0.5),
    ],
)
def test_times_in_many_ways(tmp_path: Path, text: str, seconds: float) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    (track,) = read_recording(path).tracks
    assert track.times[-1] - track.times[0] == pytest.approx(seconds)
    assert list(track.memory) == [1, 1]


def test_a_compressed_table_and_one_that_was_cut_off(tmp_path: Path) -> None:
    rows = "".join(f"{row},{row}\n" for row in range(20_000))
    packed = gzip.compress(f"t_s,rss_bytes\n{rows}".encode())
    path = tmp_path / "t.csv.gz"
    path.write_bytes(packed)
    whole = read_recording(path)
    assert len(whole.tracks[0].memory) == 20_000
    path.write_bytes(packed[: len(packed) // 2])
    cut = read_recording(path)
    assert 1000 < len(cut.tracks[0].memory) < 20_000
    assert "truncated" in cut.notes[0]


def test_names_from_strangers_stay_in_their_cell(tmp_path: Path) -> None:
    """Line breaks, quotes and formulas in a name neither break the table nor start a cell."""
    names = {1: '=cmd("x"),\n"\x1b[31m', 2: "\udcff\u202e"}
    path = write_recording(tmp_path / "r.csv", [(0.1, {1: (4096, 0), 2: (8192, 0)})], names=names)
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    assert len(rest) == 1
    assert "\x1b" not in first
    assert [list(track.memory) for track in read_recording(path).tracks] == [[4096], [8192]]


def test_the_finished_table_has_one_line_of_headings(tmp_path: Path) -> None:
    rows: Rows = [(0.1, {1: (1, 1)}), (0.2, {1: (2, 2), 2: (3, 3)}), (0.3, {2: (4, 4)})]
    finished = write_recording(tmp_path / "r.csv", rows)
    lines = finished.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4
    assert lines[0].startswith('"t_s","time","rss_bytes 1 program","anon_bytes 1 program","rss_')
    assert lines[3].startswith("0.300000,")
    assert lines[3].endswith(",,,4,4")
    killed = write_recording(tmp_path / "k.csv", rows, finish=False)
    assert len(killed.read_text(encoding="utf-8").splitlines()) == 5

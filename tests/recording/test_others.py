"""Recordings of others, as their programs wrote them: the samples were made by the programs."""

from __future__ import annotations

import gzip
import json
import math
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.windows.stores import MIB, START, Curve, write_store
from trayapp.errors import RecordingError
from trayapp.export.export import ExportOptions
from trayapp.export.export import main as export
from trayapp.recording.files import is_store, read_recording, split_files
from trayapp.recording.judged import report, series_of
from trayapp.recording.records import Recording, Track

SAMPLES = Path(__file__).parent / "samples"
KIB = 1024


def only(recording: Recording) -> Track:
    (track,) = recording.tracks
    return track


def named(recording: Recording, name: str) -> Track:
    return next(track for track in recording.tracks if track.name == name)


def test_mprof_with_a_child() -> None:
    recording = read_recording(SAMPLES / "mprof.dat")
    memory, child = recording.tracks
    assert recording.started_wall_seconds == pytest.approx(1795206565.002)
    assert (memory.name, memory.command_line) == ("memory", "python3 grow.py child")
    assert memory.memory[0] == pytest.approx(4.910156 * MIB)
    assert len(memory.times) == 9
    # The child had ended: what mprof calls 0 MiB is unknown.
    assert child.name == "child 12634"
    assert len(child.memory) == 6
    assert min(child.memory) > MIB


@pytest.mark.parametrize("name", ["psrecord.log", "psrecord.csv"])
def test_psrecord(name: str) -> None:
    track = only(read_recording(SAMPLES / name))
    assert track.memory[0] == pytest.approx(11.859 * MIB, rel=0.01)
    assert track.memory[-1] == pytest.approx(45.36 * MIB, rel=0.01)
    assert track.times[1] == pytest.approx(0.5, abs=0.02)
    assert (track.children is not None) == name.endswith("csv")


@pytest.mark.parametrize(
    "name",
    ["pidstat.txt", "pidstat-h.txt", "pidstat-human.txt", "pidstat-iso.txt", "pidstat-ru.txt",
     "pidstat-rudhl.txt"],
)  # fmt: skip
def test_pidstat_in_all_its_ways(name: str) -> None:
    recording = read_recording(SAMPLES / name)
    track = only(recording)
    assert (track.name, track.pid) == ("python3 12620", 12620)
    assert track.command_line in ("python3", "python3 grow.py")
    assert track.memory[0] == pytest.approx(20.3 * MIB, rel=0.01)
    assert list(track.times) == [0, 1, 2]
    started = datetime.fromtimestamp(recording.started_wall_seconds)
    assert started.date().isoformat() == "2026-11-20"


def test_pidstat_through_midnight_with_am_and_pm(tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    path.write_text(
        "Linux 6.1.0 (my host) \t11/20/2026 \t_x86_64_\t(2 CPU)\n\n"
        "11:59:58 PM   UID       PID  minflt/s  majflt/s     VSZ     RSS   %MEM  Command\n"
        "11:59:59 PM     0         7      0.00      0.00   10000    1000   0.10  a b\n"
        "11:59:59 PM     0         8      0.00      0.00   10000    5000   0.10  c\n"
        "\n"
        "12:00:00 AM   UID       PID  minflt/s  majflt/s     VSZ     RSS   %MEM  Command\n"
        "12:00:01 AM     0         7      0.00      0.00   10000    2000   0.10  a b\n"
        "12:00:02 AM     0         7      0.00      0.00\n"
    )
    recording = read_recording(path)
    first, second = recording.tracks
    assert list(first.times) == [0, 2]
    assert list(first.memory) == [1000 * KIB, 2000 * KIB]
    assert (first.command_line, second.name) == ("a b", "c 8")


def test_pidstat_without_memory_is_told(tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    text = (SAMPLES / "pidstat.txt").read_text()
    path.write_text(text.replace("RSS", "XXX"))
    with pytest.raises(RecordingError, match="pidstat -r"):
        read_recording(path)


@pytest.mark.parametrize(
    ("name", "has_anon"), [("procpath.sqlite", True), ("procpath-default.sqlite", False)]
)
def test_procpath(name: str, has_anon: bool) -> None:
    """Pages where it read only `stat`, KiB and anonymous memory where it read `status` too."""
    recording = read_recording(SAMPLES / name)
    track = only(recording)
    assert (track.name, track.pid) == ("python3 12620", 12620)
    assert track.command_line == "python3 grow.py"
    assert track.memory[0] == pytest.approx(12.8 * MIB, rel=0.02)
    assert (track.anon is not None) == has_anon
    assert track.times[-1] == pytest.approx(3.5, abs=0.1)
    assert recording.started_wall_seconds == pytest.approx(1795206564.99, abs=0.1)


def test_a_damaged_database_gives_what_comes_before_or_one_line(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    shutil.copy(SAMPLES / "procpath.sqlite", path)
    with closing(sqlite3.connect(path)) as connection:
        for shift in range(1, 60):
            connection.execute(
                "INSERT INTO record (ts, stat_pid, stat_comm, cmdline, status_vmrss)"
                " SELECT ts + 4 * ?, stat_pid, stat_comm, cmdline, status_vmrss FROM record"
                " WHERE record_id <= 8",
                (shift,),
            )
        connection.commit()
    whole = path.read_bytes()
    full = sum(len(track.times) for track in read_recording(path).tracks)
    readable = 0
    for length in range(0, len(whole), 4096):
        path.write_bytes(whole[:length])
        try:
            recording = read_recording(path)
        except RecordingError as error:
            assert len(str(error).splitlines()) == 1
        else:
            readable += 1
            assert sum(len(track.times) for track in recording.tracks) <= full
    path.write_bytes(whole[:5000] + b"\xff" * (len(whole) - 5000))
    with pytest.raises(RecordingError, match=r"cannot read|no samples|has no memory"):
        read_recording(path)


def test_a_database_of_somebody_else_is_told(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE record (a)")
    with pytest.raises(RecordingError, match="not one of Procpath or Memtray"):
        read_recording(path)
    assert list(tmp_path.iterdir()) == [path]


def test_process_exporter() -> None:
    """The resident size of each group, and how many processes; nothing where none runs."""
    recording = read_recording(SAMPLES / "process-exporter.json")
    growing, shop = recording.tracks
    assert (growing.name, shop.name) == ("growing", "shop")
    assert growing.memory[0] == 17915904
    assert growing.children is not None
    assert set(growing.children) == {1}
    assert min(shop.memory) > MIB
    assert len(shop.memory) < len(growing.memory)
    assert recording.started_wall_seconds == 1795206548


def test_what_prometheus_summed_up() -> None:
    recording = read_recording(SAMPLES / "prometheus-sum.json")
    assert [track.name for track in recording.tracks] == ["growing", "shop"]


def answer(tmp_path: Path, *series: tuple[dict[str, str], list[object]]) -> Path:
    path = tmp_path / "answer.json"
    result = [{"metric": labels, "values": values} for labels, values in series]
    content = {"status": "success", "data": {"resultType": "matrix", "result": result}}
    path.write_text(json.dumps(content))
    return path


def test_series_of_several_machines_are_told_apart(tmp_path: Path) -> None:
    labels = {"__name__": "process_resident_memory_bytes", "job": "web"}
    values: list[object] = [[1e9, "1"], [1e9 + 1, "NaN"], [1e9 + 2, "3"], ["x"], None]
    path = answer(
        tmp_path, (labels | {"instance": "a"}, values), (labels | {"instance": "b"}, values)
    )
    recording = read_recording(path)
    assert [track.name for track in recording.tracks] == [
        "process_resident_memory_bytes a", "process_resident_memory_bytes b",
    ]  # fmt: skip
    sizes = recording.tracks[0].memory
    assert (sizes[0], sizes[2]) == (1, 3)
    assert math.isnan(sizes[1])


def test_prometheus_answers_that_are_no_recording(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="query_range"):
        read_recording(SAMPLES / "prometheus-instant.json")
    with pytest.raises(RecordingError, match="unclosed left parenthesis"):
        read_recording(SAMPLES / "prometheus-error.json")
    with pytest.raises(RecordingError, match="has no memory in it"):
        read_recording(answer(tmp_path, ({"__name__": "up"}, [[1e9, "1"]])))
    with pytest.raises(RecordingError, match="no samples"):
        read_recording(answer(tmp_path))
    path = tmp_path / "cut.json"
    path.write_bytes((SAMPLES / "process-exporter.json").read_bytes()[:1000])
    whole = read_recording(SAMPLES / "process-exporter.json")
    cut = read_recording(path)
    assert list(cut.tracks[0].memory) == list(whole.tracks[0].memory)[: len(cut.tracks[0].memory)]
    path.write_bytes((SAMPLES / "process-exporter.json").read_bytes()[:60])
    with pytest.raises(RecordingError, match="no samples"):
        read_recording(path)
    path.write_text('{"hello": "world"}')
    with pytest.raises(RecordingError, match=r"can read; it reads a \.memrec file"):
        read_recording(path)


def test_packed_samples_are_read_all_the_same(tmp_path: Path) -> None:
    for name in ("mprof.dat", "pidstat-h.txt", "process-exporter.json", "psrecord.log"):
        path = tmp_path / f"{name}.gz"
        path.write_bytes(gzip.compress((SAMPLES / name).read_bytes()))
        whole, packed = read_recording(SAMPLES / name), read_recording(path)
        assert [list(t.memory) for t in packed.tracks] == [list(t.memory) for t in whole.tracks]


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.iterdir()))
def test_no_beginning_of_a_sample_crashes(tmp_path: Path, name: str) -> None:
    whole = (SAMPLES / name).read_bytes()
    path = tmp_path / name
    for length in {*range(0, len(whole), max(1, len(whole) // 60)), len(whole) - 1}:
        path.write_bytes(whole[:length])
        try:
            read_recording(path)
        except RecordingError as error:
            assert len(str(error).splitlines()) == 1


SPOILERS = (
    b"", b"\0", b"\xff\xfe", b"\n", b",", b'"', b"[", b"{}", b"null", b"nan", b"inf", b"-1", b"-0",
    b"1e308", b"1e400", b"9" * 400, b"\x1b[2J",
)  # fmt: skip


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(path.name for path in SAMPLES.iterdir())),
    spoiled=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 30), st.sampled_from(SPOILERS)), min_size=1
    ),
)
@example("psrecord.csv", [(0.12, 1, b"1e400")])
def test_a_spoiled_sample_is_judged_or_told_in_one_line(
    tmp_path: Path, name: str, spoiled: list[tuple[float, int, bytes]]
) -> None:
    content = (SAMPLES / name).read_bytes()
    for share, count, spoiler in spoiled:
        at = int(share * len(content))
        content = content[:at] + spoiler + content[at + count :]
    path = tmp_path / name
    path.write_bytes(content)
    try:
        recording = read_recording(path)
    except RecordingError as error:
        assert len(str(error).splitlines()) == 1
    else:
        for series in series_of(recording):
            assert 0 <= report(series).verdict.score <= 1


def test_what_is_beyond_all_numbers_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "psrecord.csv"
    first, second, *_ = (SAMPLES / "psrecord.csv").read_text().splitlines()
    elapsed, _count, rest = second.split(",", 2)
    path.write_text(f"{first}\n{elapsed},1e400,{rest}\n")
    track = only(read_recording(path))
    assert list(track.memory) == [11.859375 * MIB]
    assert track.children is None
    path = tmp_path / "answer.json"
    answer = json.loads((SAMPLES / "prometheus-sum.json").read_text())
    whole = len(answer["data"]["result"][0]["values"])
    answer["data"]["result"][0]["values"][0][0] = 10**400
    path.write_text(json.dumps(answer))
    assert len(read_recording(path).tracks[0].times) == whole - 1


def test_a_database_that_quotes_what_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "broken.sqlite"
    content = (SAMPLES / "procpath.sqlite").read_bytes()
    assert b"stat_minflt INTEGER" in content
    path.write_bytes(content.replace(b"stat_minflt INTEGER", b"stat_minflt [\xf5TEGER"))
    with pytest.raises(RecordingError, match="is damaged") as caught:
        read_recording(path)
    assert len(str(caught.value).splitlines()) == 1


@pytest.fixture
def store(tmp_path: Path) -> Path:
    curves: dict[str, Curve] = {"web": lambda after: (100 + after / 10) * MIB, "shop": 5.0 * MIB}
    return write_store(tmp_path / "history.sqlite3", curves, seconds=60.0)


def test_a_history_from_elsewhere(store: Path) -> None:
    assert is_store(store)
    recording = read_recording(store)
    assert [track.name for track in recording.tracks] == ["shop", "web"]
    web = named(recording, "web")
    assert (len(web.times), web.memory[-1]) == (31, 106 * MIB)
    assert recording.started_wall_seconds == START


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_what_was_exported_is_read_again(store: Path, ending: str) -> None:
    output = store.with_name(f"out.{ending}")
    options = ExportOptions(history_file=store, output=output)
    assert export(options, lambda _: None) == 0
    recording = read_recording(output)
    assert {track.name for track in recording.tracks} >= {"shop", "web"}
    assert list(named(recording, "web").memory) == list(named(read_recording(store), "web").memory)
    assert recording.started_wall_seconds == pytest.approx(START)


def test_sizes_with_units_in_their_cells(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("time,memory\n1,512KiB\n2,1.5 GiB\n3,17B\n4,much\n5,20\n")
    track = only(read_recording(path))
    assert [track.memory[at] for at in (0, 1, 2, 4)] == [512 * KIB, 1536 * MIB, 17, 20]
    assert math.isnan(track.memory[3])


def test_which_arguments_are_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name of a target is no file, even where there is one; a path is."""
    monkeypatch.chdir(tmp_path)
    for name in ("web", "a.dat", "b.log.gz"):
        (tmp_path / name).write_text("")
    files, names = split_files(["web", "a.dat", "b.log.gz", str(tmp_path / "web"), "gone.csv"])
    assert [path.name for path in files] == ["a.dat", "b.log.gz", "web"]
    assert names == ("web", "gone.csv")
    assert split_files(["a/b"]) == ([], ("a/b",))
    with pytest.raises(RecordingError, match=r"file not found: .*gone\.csv"):
        split_files([str(tmp_path / "gone.csv")])


def test_a_database_that_was_copied_in_part_is_said_to_be_damaged(tmp_path: Path) -> None:
    """And nothing is left beside it."""
    whole = write_store(tmp_path / "whole.sqlite3", {"web": 1.0 * MIB}, seconds=6000)
    half = tmp_path / "half" / "history.sqlite3"
    half.parent.mkdir()
    half.write_bytes(whole.read_bytes()[:9000])
    with pytest.raises(RecordingError, match="damaged or was copied only in part"):
        read_recording(half)
    assert [file.name for file in half.parent.iterdir()] == ["history.sqlite3"]

"""Many forms of the same table: what was written is read, however it was written."""

from __future__ import annotations

import csv
import io
import json
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.benchmarks.recordings_fuzz import campaign
from trayapp.errors import RecordingError
from trayapp.recording.analyze import main as analyze
from trayapp.recording.clocks import Clock
from trayapp.recording.files import read_recording
from trayapp.recording.instructions import Instructions, instructions_of
from trayapp.recording.meaning import meaning_of
from trayapp.recording.quantities import number_in, number_style, size_in, unit_of_cell
from trayapp.recording.records import Recording

KIB, MIB, GIB = 1024, 1024**2, 1024**3
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
IN_UTC = Instructions(timezone=UTC)
SLOW = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read(tmp_path: Path, text: str, instructions: Instructions = IN_UTC) -> Recording:
    path = tmp_path / "r.txt"
    path.write_bytes(text.encode())
    return read_recording(path, instructions)


def figures(recording: Recording) -> dict[str, list[float]]:
    return {
        track.name: [size for size in track.memory if size == size] for track in recording.tracks
    }


USED = {
    "rss": None, "RSS": None, "VmRSS": None, "rss_bytes": 1, "rssBytes": 1, "RSSBytes": 1,
    "rss_kb": KIB, "rssKB": KIB, "RSS (KiB)": KIB, "rss-kilobytes": KIB, "kb_rss": KIB,
    "memory_mb": MIB, "memoryMB": MIB, "Memory [MB]": MIB, "mem.used (MiB)": MIB, "MemUsage": None,
    "memory-usage-mbytes": MIB, "mbytes used memory": MIB, "usedMemMiB": MIB, "MB memory": MIB,
    "heapUsed": None, "heap_used_kb": KIB, "heap.used": None, "HeapUsedMegabytes": MIB,
    "Working Set MBytes": MIB, "workingSet": None, "WorkingSet64": None, "PrivateBytes": 1,
    "private_memory_kib": KIB, "uss_mib": MIB, "pss": None, "ram_used_gb": GIB, "RAM (GB)": GIB,
    "mem_gigabytes": GIB, "swapUsed": None, "swap_used_mb": MIB, "memused": None, "kbmemused": KIB,
    "container_memory_working_set_bytes": 1, "process.memory.rss": None, "resident_memory": None,
    "MEM USAGE / LIMIT": None, "Mem Usage / Limit (MiB / GiB)": MIB, "gpu_memory_used_mib": MIB,
    "total_rss_kb": KIB, "memory.usage_in_bytes": 1, "web.rss_bytes": 1, "anonymous_kb": KIB,
}  # fmt: skip
UNUSED = (
    "free", "mem_free_mb", "MemFree", "memAvailable", "available_mb", "total_mb", "memTotal",
    "heapTotal", "heap_total_kb", "memory_limit_mb", "memory.limit_in_bytes", "max_memory",
    "mem_max_mb", "swapTotal", "swap_free_kb", "cached", "cached_mb", "buffers", "buff/cache",
    "memory.failcnt", "failcnt", "disk_used_gb", "diskUsed", "fs.used", "db_size_bytes",
    "wal_bytes", "log_file_kb", "bytes_recv", "bytesSent", "rx", "rx_mb", "net_tx_bytes",
    "networkRxMB", "read_bytes", "ioWriteKB", "http_requests_total", "alloc_bytes_total",
    "memory_percent", "mem%", "%MEM", "memPct", "memory_ratio", "mem_utilization", "vsz", "vms",
    "VIRT", "virtual_mb", "VmSize", "VmHWM", "peak_rss_kb", "maxrss", "shared_kb", "minflt/s",
    "mem_mb_per_s", "cpu", "cpu_usage", "temperature", "threads", "pid_count", "heap_objects",
    "HeapSys", "HeapIdle", "NextGC", "latency_ms", "uptime_seconds", "gc_count", "committed_mb",
)  # fmt: skip


@pytest.mark.parametrize("title", USED)
def test_what_is_used_is_told_by_its_name(title: str) -> None:
    meaning = meaning_of(title)
    assert meaning.kind is not None, meaning.reason
    assert meaning.factor == USED[title]


@pytest.mark.parametrize("title", UNUSED)
def test_what_is_none_is_told_by_its_name(title: str) -> None:
    assert meaning_of(title).kind is None
    assert meaning_of(title).reason


@pytest.mark.parametrize(
    ("metric", "is_used"),
    [
        ("process_resident_memory_bytes", True), ("container_memory_rss", True),
        ("container_memory_usage_bytes", True), ("jvm_memory_used_bytes", True),
        ("go_memstats_heap_inuse_bytes", True), ("nodejs_heap_size_used_bytes", True),
        ("redis_memory_used_bytes", True), ("windows_process_working_set_bytes", True),
        ("node_memory_MemAvailable_bytes", False), ("node_memory_SwapTotal_bytes", False),
        ("node_memory_Cached_bytes", False), ("go_memstats_alloc_bytes_total", False),
        ("container_memory_failcnt", False), ("container_spec_memory_limit_bytes", False),
        ("container_fs_usage_bytes", False), ("jvm_memory_max_bytes", False),
        ("container_network_receive_bytes_total", False), ("jvm_memory_committed_bytes", False),
        ("process_virtual_memory_bytes", False), ("container_memory_max_usage_bytes", False),
        ("redis_memory_fragmentation_ratio", False), ("go_memstats_heap_idle_bytes", False),
    ],
)  # fmt: skip
def test_the_same_holds_for_metrics(metric: str, is_used: bool) -> None:
    assert (meaning_of(metric, is_metric=True).kind is not None) == is_used


@pytest.mark.parametrize(
    ("text", "factor", "size"),
    [
        ("12", KIB, 12 * KIB), ("678 MiB", MIB, 678 * MIB), ("12.5MiB / 1.9GiB", 1, 12.5 * MIB),
        ("9.122MB / 12.21GB", 1, 9.122e6), ("1,234.5 kB", 1, 1234.5 * KIB), ("2g", 1, 2 * GIB),
        ("1 234", KIB, 1234 * KIB), ("512 bytes", KIB, 512), ("3 MBytes", 1, 3 * MIB),
        ("1\u202f234", 1, 1234), ("12 apples", 1, math.nan), ("", 1, math.nan), ("-", 1, math.nan),
    ],
)  # fmt: skip
def test_units_count_once(text: str, factor: float, size: float) -> None:
    assert size_in(text, factor) == pytest.approx(size, nan_ok=True)


@pytest.mark.parametrize(
    ("cells", "is_semicolon", "numbers"),
    [
        (["102,400", "107,520"], False, [102400, 107520]),
        (["100,5", "101,25"], True, [100.5, 101.25]),
        (["1.024,5", "999,5"], True, [1024.5, 999.5]),
        (["1,024.5", "12.5"], False, [1024.5, 12.5]),
        (["1.048.576", "1.048.580"], True, [1048576, 1048580]),
        (["1,04,857", "99"], False, [104857, 99]),
        (["100,5", "100,125"], False, [100.5, 100.125]),
    ],
)
def test_marks_between_digits(cells: list[str], is_semicolon: bool, numbers: list[float]) -> None:
    style = number_style(cells, is_semicolon=is_semicolon)
    assert [number_in(cell, style) for cell in cells] == numbers


CLOCKS: dict[str, Callable[[datetime], str]] = {
    "ISO": lambda t: t.isoformat(),
    "Z": lambda t: f"{t:%Y-%m-%dT%H:%M:%SZ}",
    "blank": lambda t: f"{t:%Y-%m-%d %H:%M:%S}",
    "fraction": lambda t: f"{t:%Y-%m-%d %H:%M:%S.%f}",
    "comma": lambda t: f"{t:%Y-%m-%d %H:%M:%S},000",
    "slashes": lambda t: f"{t:%Y/%m/%d %H:%M:%S}",
    "dots": lambda t: f"{t:%d.%m.%Y %H:%M:%S}",
    "day first": lambda t: f"{t:%d-%m-%Y %H:%M:%S}",
    "French": lambda t: f"{t:%d/%m/%Y %H:%M:%S}",
    "American": lambda t: f"{t:%m/%d/%Y %I:%M:%S %p}",
    "UTC": lambda t: f"{t:%Y-%m-%d %H:%M:%S} UTC",
    "offset": lambda t: t.astimezone(ZoneInfo("Asia/Kolkata")).isoformat(),
    "date": lambda t: f"{t:%a %b %e %H:%M:%S UTC %Y}",
    "mail": lambda t: f"{t:%a, %d %b %Y %H:%M:%S} GMT",
    "Apache": lambda t: f"{t:%d/%b/%Y:%H:%M:%S +0000}",
    "compact": lambda t: f"{t:%Y%m%dT%H%M%SZ}",
    "glued": lambda t: f"{t:%Y%m%d-%H%M%S}",
    "German words": lambda t: f"{t.day}. März {t:%Y %H:%M:%S}",
    "Japanese": lambda t: f"{t:%Y年%m月%d日 %H時%M分%S秒}",
    "Korean": lambda t: f"{t:%Y년 %m월 %d일 %H시 %M분 %S초}",
    "Buddhist": lambda t: f"{t:%d/%m/}{t.year + 543}{t: %H:%M:%S}",
    "Persian": lambda t: f"1404/12/{t.day + 9:02}{t: %H:%M:%S}",
    "s": lambda t: f"{t.timestamp():.0f}",
    "float": lambda t: f"{t.timestamp():.3f}",
    "ms": lambda t: f"{t.timestamp() * 1e3:.0f}",
    "us": lambda t: f"{t.timestamp() * 1e6:.0f}",
    "ns": lambda t: f"{t.timestamp() * 1e9:.0f}",
}


@pytest.mark.parametrize("form", CLOCKS)
def test_dates_and_clocks_in_many_forms(tmp_path: Path, form: str) -> None:
    moments = [START + timedelta(minutes=17 * step) for step in range(30)]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["timestamp", "rss_mb"])
    writer.writerows([CLOCKS[form](at), 100 + step] for step, at in enumerate(moments))
    recording = read(tmp_path, text.getvalue())
    assert recording.started_wall_seconds == pytest.approx(START.timestamp())
    (track,) = recording.tracks
    assert list(track.times) == pytest.approx([17 * 60 * step for step in range(30)])
    assert list(track.memory) == [(100 + step) * MIB for step in range(30)]


def test_separate_columns_of_date_and_time(tmp_path: Path) -> None:
    rows = "".join(f"0{day}/03/2026,{hour}:00,{day}\n" for day in (1, 2) for hour in (9, 10))
    recording = read(tmp_path, f"Date,Time,rss_mb\n{rows}")
    started = datetime.fromtimestamp(recording.started_wall_seconds, UTC)
    assert started == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert list(recording.tracks[0].times) == [0, 3600, 86400, 90000]


def test_a_clock_without_a_date_goes_through_midnight() -> None:
    clock = Clock(zone=UTC, latest_wall_seconds=START.timestamp())
    read_all = [clock.read(text) for text in ("23:59:58", "23:59:59", "00:00:00", "00:00:01")]
    assert [after - read_all[0] for after in read_all] == [0, 1, 2, 3]


TITLES = st.sampled_from(["rss_kb", "heapUsed (kB)", "Working Set KBytes", "uss-kib"])
SEPARATORS = st.sampled_from([",", ";", "\t", "|"])


@SLOW
@given(
    title=TITLES,
    separator=SEPARATORS,
    sizes=st.lists(st.integers(1, 2**40), min_size=2, max_size=30),
    order=st.permutations([0, 1, 2, 3, 4]),
    is_grouped=st.booleans(),
)
def test_columns_in_any_order_give_the_same(
    tmp_path: Path, title: str, separator: str, sizes: list[int], order: list[int],
    is_grouped: bool,
) -> None:  # fmt: skip
    """Also with thousands separated, and with columns beside that are no memory."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    titles = ["timestamp", title, "cpu_percent", "bytes_recv", "mem_free_kb"]
    writer.writerow([titles[at] for at in order])
    for step, size in enumerate(sizes):
        shown = f"{size:,}" if is_grouped and separator == "," else str(size)
        row = [str(1772442000 + step), shown, "1.5", str(step * 1000), "5"]
        writer.writerow([row[at] for at in order])
    found = figures(read(tmp_path, text.getvalue()))
    assert found == {title: [size * KIB for size in sizes]}


@SLOW
@given(
    lives=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 10**9)), min_size=1, max_size=60),
    places=st.permutations([0, 1, 2, 3]),
)
def test_rows_of_several_programs_are_one_series_each(
    tmp_path: Path, lives: list[tuple[int, int]], places: list[int]
) -> None:
    titles = ["time", "pid", "name", "rss_kb"]
    rows = [
        [str(1772442000 + step), str(pid), f"program{pid}", str(size)]
        for step, (pid, size) in enumerate(lives)
    ]
    lines = [",".join(row[at] for at in places) for row in [titles, *rows]]
    found = figures(read(tmp_path, "\n".join(lines) + "\n"))
    wanted: dict[str, list[float]] = {}
    for pid, size in lives:
        wanted.setdefault(f"program{pid} {pid}", []).append(size * KIB)
    assert found == wanted


@SLOW
@given(
    sizes=st.lists(st.integers(2**29, 2**30), min_size=1, max_size=20),
    cut=st.floats(0, 1),
    form=st.sampled_from(["csv", "json", "lines", "prometheus"]),
)
def test_a_file_that_was_cut_off_gives_what_came_before(
    tmp_path: Path, sizes: list[int], cut: float, form: str
) -> None:
    moments = [1772442000 + step for step in range(len(sizes))]
    pairs = list(zip(moments, sizes, strict=True))
    if form == "csv":
        text = "time,rss_bytes\n" + "".join(f"{at},{size}\n" for at, size in pairs)
    elif form == "prometheus":
        values = [[at, str(size)] for at, size in pairs]
        series = {"metric": {"__name__": "process_resident_memory_bytes"}, "values": values}
        data = {"resultType": "matrix", "result": [series]}
        text = json.dumps({"status": "success", "data": data})
    else:
        records = [{"time": at, "rss_bytes": size} for at, size in pairs]
        text = json.dumps(records) if form == "json" else "\n".join(map(json.dumps, records))
    try:
        found = figures(read(tmp_path, text[: round(cut * len(text))]))
    except RecordingError:
        return
    (values_read,) = found.values()
    assert values_read == [float(size) for size in sizes[: len(values_read)]]


def test_a_clock_that_starts_again_is_another_run(tmp_path: Path) -> None:
    runs = [range(0, 300, 10), range(0, 100, 10), range(0, 200, 10)]
    rows = [f"{at},{100 + 50 * number}" for number, run in enumerate(runs) for at in run]
    (track,) = read(tmp_path, "\n".join(["elapsed_s,rss_mb", *rows]) + "\n").tracks
    assert track.runs is not None
    assert [list(track.runs).count(run) for run in (0, 1, 2)] == [30, 10, 20]
    assert list(track.times) == sorted(track.times)
    assert list(track.memory) == [(100 + 50 * run) * MIB for run in map(int, track.runs)]


def test_headings_that_come_again_are_another_run_but_not_at_each_moment(tmp_path: Path) -> None:
    rows = [f"{1772442000 + at},{100}" for at in range(20)]
    heading = "timestamp,rss_mb"
    (track,) = read(tmp_path, "\n".join([heading, *rows[:10], heading, *rows[10:]])).tracks
    assert track.runs is not None
    assert max(track.runs) == 1
    each = [line for row in rows for line in (heading, row)]
    (track,) = read(tmp_path, "\n".join(each)).tracks
    assert track.runs is None


def test_a_counter_beside_the_resident_set_is_doubted(tmp_path: Path) -> None:
    rows = [f"{at},100000,{50000 + at * 1000}" for at in range(60)]
    recording = read(tmp_path, "\n".join(["time,rss_kb,memory_kb", *rows]) + "\n")
    assert list(figures(recording)) == ["rss_kb"]
    assert "only rises" in recording.left_out[0].reason


def test_rows_that_nobody_can_tell_apart_are_refused(tmp_path: Path) -> None:
    rows = [f"{at},{size}" for at in range(40) for size in (100 + at, 4000)]
    text = "\n".join(["time,rss_mb", *rows]) + "\n"
    with pytest.raises(RecordingError, match="--group-by"):
        read(tmp_path, text)


def test_what_a_person_says_outweighs_the_words(tmp_path: Path) -> None:
    text = "when,what,figure,rss\n09:00,a,1,2\n09:00,b,2,3\n09:01,a,3,4\n09:01,b,4,5\n"
    told = instructions_of(columns=["figure"], unit="GiB", group_by=["what"], timezone="+02:00")
    assert figures(read(tmp_path, text, told)) == {"a": [GIB, 3 * GIB], "b": [2 * GIB, 4 * GIB]}
    with pytest.raises(RecordingError, match="no column 'nothing'; it has"):
        read(tmp_path, text, instructions_of(columns=["nothing"]))
    with pytest.raises(RecordingError, match="not a unit"):
        instructions_of(unit="apples")
    with pytest.raises(RecordingError, match="not a time zone"):
        instructions_of(timezone="Atlantis")


def test_a_pattern_reads_a_log(tmp_path: Path) -> None:
    text = (
        "starting\n"
        "09:00:00 INFO task=web rss=100\n"
        "09:00:01 INFO task=db rss=200\n"
        "09:00:02 WARN nothing\n"
        "09:01:00 INFO task=web rss=110.5\n"
    )
    told = instructions_of(pattern="{time:%H:%M:%S} .* task={task} rss={MiB}", timezone="UTC")
    recording = read(tmp_path, text, told)
    assert figures(recording) == {"web": [100 * MIB, 110.5 * MIB], "db": [200 * MIB]}
    assert any("3 of 5 lines match" in note for note in recording.notes)
    with pytest.raises(RecordingError, match="no line matches the pattern"):
        read(tmp_path, text, instructions_of(pattern="{time} foo {MiB}"))
    for wrong, reason in (("{time", "has no time"), ("{time} ( {MiB}", "regular expression")):
        with pytest.raises(RecordingError, match=reason):
            read(tmp_path, text, instructions_of(pattern=wrong))


def test_a_cell_of_blanks_is_no_quantity_at_once() -> None:
    started = time.thread_time()
    for blank in " '_":
        assert math.isnan(size_in(f"1{blank * 1000}!", MIB))
        assert unit_of_cell(f"1{blank * 1000}!") is None
    assert time.thread_time() - started < 0.5


def test_a_pattern_with_nested_repeats_reads_a_log_at_once(tmp_path: Path) -> None:
    line = "10:00:00 " + "a" * 26 + " 5MiB\n"
    pattern = "{time:%H:%M:%S} (a+)+b? {MiB}MiB"
    told = instructions_of(pattern=pattern, timezone="UTC")
    started = time.thread_time()
    recording = read(tmp_path, line.replace(" 5", "! 5") * 5 + line, told)
    assert time.thread_time() - started < 2.0
    assert list(figures(recording).values()) == [[5 * MIB]]
    with pytest.raises(RecordingError, match="--pattern: could take forever"):
        read(tmp_path, line, instructions_of(pattern=r"(a+)+\1 {time} {MiB}"))


def test_lines_that_are_passed_over_are_warned_about(tmp_path: Path) -> None:
    rows = [f"{at},{100}" if at % 20 else "what,is this" for at in range(200)]
    recording = read(tmp_path, "\n".join(["t_s,rss_mb", *rows]) + "\n")
    (note,) = [note for note in recording.notes if "were skipped" in note]
    assert "10 lines" in note
    assert "line 2" in note
    rows = [f"{at},{100}" if at != 50 else "what,is this" for at in range(200)]
    assert read(tmp_path, "\n".join(["t_s,rss_mb", *rows]) + "\n").notes == ()


@pytest.mark.parametrize(
    "text",
    [
        "time,rss_mb\n1,x\n2,y\n", "time,rss_mb\n1,\n2,\n", "time,rss_mb\nx,1\ny,2\n",
        "time,rss\n1,155\n2,156\n", "time,mem_usage\n1,0.4\n2,0.5\n", "time,rss_mb\n",
    ],
)  # fmt: skip
def test_nothing_readable_is_never_healthy(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.csv"
    path.write_text(text)
    assert analyze([path]) == 2
    shown = capsys.readouterr()
    assert "healthy" not in shown.out
    assert shown.err.count("\n") == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_ends_of_lines(tmp_path: Path, encoding: str, end: str) -> None:
    path = tmp_path / "r.csv"
    lines = ["timestamp,name,rss_mb", "1772442000,Müller,100", "1772442001,Müller,101", ""]
    path.write_bytes(end.join(lines).encode(encoding))
    assert figures(read_recording(path)) == {"Müller": [100 * MIB, 101 * MIB]}


def test_random_changes_neither_crash_nor_invent() -> None:
    """A short slice of the campaign, always the same."""
    assert campaign(400, 11)["wrong"] == 0


def test_rows_quoted_whole_are_taken_apart(tmp_path: Path) -> None:
    """As spreadsheets write a table that was pasted into one column."""
    path = tmp_path / "pasted.csv"
    path.write_text(
        '"time,event,rss_mb"\n"2026-03-02T09:00:00,start,100"\n"2026-03-02T09:00:01,,101"\n'
    )
    (track,) = read_recording(path).tracks
    assert list(track.memory) == [100 * 1024**2, 101 * 1024**2]


REAL_KINDS = (
    ("used,free\n1948016640,1848492032\n1947000000,1849909248\n1946000000,1849000000\n",
     "has no time column"),
    ("data_structure,memory_mb\nBWT,316.9\nHMM,317.2\n", "has no time column"),
    ("Notes\nData drives decisions.\nMemory is large.\n", "not a recording|no memory"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), REAL_KINDS)
def test_what_only_looks_like_a_time_is_none(text: str, reason: str, tmp_path: Path) -> None:
    """Bytes as large as seconds since 1970, a word that is a date elsewhere, and prose."""
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(RecordingError, match=reason):
        read_recording(path)


def test_two_calls_of_jstat_in_one_file_are_two_runs(tmp_path: Path) -> None:
    path = tmp_path / "jstat.txt"
    heading = " S0C S1C S0U S1U EC EU OC OU YGC\n"
    first, second = " 0,0 0,0 0,0 0,0 9,0 1,0 9,0 4,5 1\n", " 0,0 0,0 0,0 0,0 9,0 2,0 9,0 4,5 2\n"
    again = "\nwith the database\nC:\\>jstat -gc 9728 1s\n"
    path.write_text(heading + first * 2 + heading + first + again + heading + second)
    (track,) = read_recording(path).tracks
    assert [size / 1024 for size in track.memory] == [5.5, 5.5, 5.5, 6.5]
    assert track.runs is not None
    assert list(track.runs) == [0, 0, 0, 1]


def test_rows_cut_before_the_command_are_one_program_by_pid(tmp_path: Path) -> None:
    """Not by the time that stands last then, which grows."""
    path = tmp_path / "top.txt"
    block = (
        "top - 09:00:0{0} up 1 day,  2 users,  load average: 1.06, 0.28, 0.10\n\n"
        "  PID USER      PR  NI    VIRT    RES    SHR S  %CPU %MEM     TIME+\n"
        " 4242 web       20   0  119596   {0}480   4004 S   0.0  0.5   0:0{0}.96\n\n"
    )
    path.write_text("".join(map(block.format, (1, 2, 3))))
    (track,) = read_recording(path).tracks
    assert (track.name, len(track.memory)) == ("4242", 3)


def test_garbage_collections_without_a_pid_and_psrecord_with_a_clock(tmp_path: Path) -> None:
    node = tmp_path / "node.txt"
    node.write_text(
        "<--- Last few GCs --->\n\n"
        "   26707 ms: Scavenge 1397.9 (1456.9) -> 1396.9 (1456.9) MB, 0.8 / 0 ms\n"
        "   27998 ms: Mark-sweep 1397.9 (1456.9) -> 1395.9 (1456.9) MB, 9.4 / 0 ms [last resort].\n"
    )
    (track,) = read_recording(node).tracks
    assert (track.name, [round(size / 1024**2, 1) for size in track.memory]) == (
        "node", [1396.9, 1395.9],
    )  # fmt: skip
    psrecord = tmp_path / "psrecord.log"
    psrecord.write_text(
        "# Timestamp   Elapsed time   CPU (%)     Real (MB)   Virtual (MB)\n"
        "1716033718.286        0.000        0.000      338.500  3284499.703\n"
        "1716033719.286        1.000        0.000      340.500  3284499.703\n"
    )
    (track,) = read_recording(psrecord).tracks
    assert [size / 1024**2 for size in track.memory] == [338.5, 340.5]


def test_a_day_of_many_digits_is_no_date() -> None:
    assert math.isnan(Clock().read("March 99999999999, 2026 10:00:00"))
    assert math.isnan(Clock().read("2026-03-99999999999999 10:00:00"))

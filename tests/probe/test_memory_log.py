"""The memory log that a program writes of itself: whole lines, one file a day, whatever happens."""

from __future__ import annotations

import asyncio
import gzip
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.readers.children import eventually
from trayapp import probe
from trayapp.domain.records.log_lines import in_brackets, opening, sizes
from trayapp.probe.daily_file import DailyFile, stamp_of, tidy
from trayapp.probe.log_writing import BURST_RUNS

needs_posix = pytest.mark.skipif(os.name != "posix", reason="limits and permissions of POSIX")
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
DAY = 86_400.0
LINE = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (---|>>> TASK START|<<< TASK END|<<< TASK RUNS|===) "
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A log that is being written, and is closed afterwards."""
    logs = tmp_path / "logs"
    assert probe.memory_log(logs, 3600)
    yield logs
    probe.stop_memory_log()


def lines(folder: Path) -> list[str]:
    found = [
        line
        for file in sorted(folder.glob("memory_*.log"))
        for line in file.read_text().split("\n")
    ]
    return [line for line in found if line]


def marks(folder: Path) -> list[str]:
    """What begins and ends, without figures."""
    return [line[20:].partition(" |")[0] for line in lines(folder) if "TASK" in line]


def daily(folder: Path, problems: list[str] | None = None) -> DailyFile:
    told: list[str] = [] if problems is None else problems
    return DailyFile(str(folder), lambda at: opening(stamp_of(at), "+00:00", 1, "bot"), told.append)


def in_zone(zone: str, code: str) -> str:
    """What a program prints whose clock is set to this zone."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TZ": zone},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_a_line_is_as_a_person_knows_it_from_logs() -> None:
    line = "--- " + in_brackets("Nations Dump Processing")
    line += sizes(598_400_000, 812_700_000, 725_300_000, 2_037_360_000)
    assert line == (
        "--- [Nations Dump Processing] | RSS:  598.4 MB | VMS:  812.7 MB"
        " | System Available:  725.3 MB (35.6% free)"
    )
    assert sizes(None, None, None, None) == (
        " | RSS:      - MB | VMS:      - MB | System Available:      - MB (-% free)"
    )
    assert in_brackets("a]\n|b[") == "[a) /b(]"


@needs_proc
def test_a_task_is_marked_with_what_it_kept_and_how_it_ended(folder: Path) -> None:
    kept = []
    with probe.task("load"):
        kept.append(bytearray(5_000_000))
    with pytest.raises(KeyError), probe.task("fail"):
        raise KeyError
    load = [line for line in lines(folder) if "[load]" in line]
    assert marks(folder) == [
        ">>> TASK START [load]", "<<< TASK END [load]", ">>> TASK START [fail]",
        "<<< TASK END [fail]",
    ]  # fmt: skip
    assert "test_a_task_is_marked_with_what_it_kept_and_how_it_ended" in load[0]
    grown = re.search(r"Kept: \+([\d.]+) KB", load[1])
    assert grown and 4900 < float(grown[1]) < 5500
    assert "Result: ok" in load[1]
    assert "Result: failed (KeyError)" in lines(folder)[-1]
    assert all(LINE.match(line) for line in lines(folder))


def test_tasks_are_told_apart_inside_and_beside_one_another(folder: Path) -> None:
    async def part(name: str) -> None:
        with probe.task(name):
            await asyncio.sleep(0.01)

    async def whole() -> None:
        with probe.task("whole"), probe.task("inside"):
            await asyncio.gather(part("a"), part("b"))

    asyncio.run(whole())
    runs = dict(
        re.findall(r"START \[(\w+)\].* \| Run: ([^|]+?)(?: \||$)", "\n".join(lines(folder)), re.M)
    )
    assert runs == {"whole": "1", "inside": "2 in 1", "a": "3 by 2", "b": "4 by 2"}


def test_the_active_task_is_that_of_each_thread_and_each_asyncio_task(folder: Path) -> None:
    barrier = threading.Barrier(2)

    def work(name: str) -> None:
        probe.set_active_task(name)
        barrier.wait()
        probe.clear_active_task(f"{name} is done")

    async def beside() -> None:
        probe.set_active_task("outer")
        await asyncio.gather(*(asyncio.to_thread(work, name) for name in ("one", "two")))
        probe.clear_active_task()

    asyncio.run(beside())
    ended = [line for line in lines(folder) if "TASK END" in line]
    assert [re.search(r"\[(\w+)\]", line)[1] for line in ended][-1] == "outer"  # type: ignore[index]
    for name in ("one", "two"):
        assert sum(f"[{name}]" in line and f"Note: {name} is done" in line for line in ended) == 1


def test_a_new_active_task_ends_the_one_before_and_an_error_is_what_it_failed_by(
    folder: Path,
) -> None:
    probe.set_active_task("first")
    probe.set_active_task("second")
    try:
        raise ValueError
    except ValueError:
        probe.clear_active_task("row 7")
    probe.clear_active_task("nothing there")
    assert marks(folder) == [
        ">>> TASK START [first]", "<<< TASK END [first]", ">>> TASK START [second]",
        "<<< TASK END [second]",
    ]  # fmt: skip
    assert "Result: failed (ValueError) | Note: row 7" in lines(folder)[-1]


def test_a_flood_of_short_tasks_is_counted_instead(folder: Path) -> None:
    for _ in range(BURST_RUNS + 5000):
        with probe.task("short"):
            pass
    probe.stop_memory_log()
    starts = sum("START [short]" in line for line in lines(folder))
    counted = re.findall(r"RUNS \[short\] \| Count: (\d+) \| Failed: 0", "\n".join(lines(folder)))
    assert starts + sum(map(int, counted)) == BURST_RUNS + 5000
    assert len(lines(folder)) < 2 * BURST_RUNS + 500


def test_running_tasks_are_in_the_regular_lines(tmp_path: Path) -> None:
    assert probe.memory_log(tmp_path, 0.1)
    with probe.task("outer"), probe.task("inner"):
        eventually(lambda: any("--- [outer] [inner]" in line for line in lines(tmp_path)))
    probe.stop_memory_log()
    assert "--- [idle]" in lines(tmp_path)[-2]
    assert "=== LOG CLOSED" in lines(tmp_path)[-1]


def test_a_line_is_in_the_file_of_its_day_also_when_clocks_change() -> None:
    code = """
import tempfile, pathlib
from trayapp.domain.records.log_lines import opening
from trayapp.probe.daily_file import DailyFile, stamp_of, zone_of
folder = pathlib.Path(tempfile.mkdtemp())
log = DailyFile(str(folder), lambda at: opening(stamp_of(at), zone_of(at), 1, ""), print)
for at in (1792879200 - 1, 1792879200, 1792879200 + 2.5 * 3600, 1792879200 + 3.5 * 3600,
           1792879200 + 25 * 3600 - 1, 1792879200 + 25 * 3600):
    log.write(at, "--- x")
for file in sorted(folder.glob("*.log")):
    print(file.name, file.read_text().count(" --- x"), file.read_text().splitlines()[0][-9:])
"""
    assert in_zone("Europe/Berlin", code).split("\n") == [
        "memory_20261024.log 1 UTC+02:00",
        "memory_20261025.log 4 UTC+02:00",
        "memory_20261026.log 1 UTC+01:00",
        "",
    ]


@pytest.mark.parametrize("way", ["create", "copytruncate", "removed folder"])
def test_logrotate_and_whoever_removes_it_are_followed(tmp_path: Path, way: str) -> None:
    folder = tmp_path / "logs"
    log = daily(folder)
    assert log.write(DAY, "--- before")
    (file,) = folder.glob("memory_*.log")
    if way == "create":
        file.rename(folder / "memory.1")
        file.touch()
    elif way == "copytruncate":
        shutil.copy(file, folder / "memory.1")
        os.truncate(file, 0)
    else:
        shutil.rmtree(folder)
    assert log.write(DAY, "--- after")
    said = [line[20:] for line in file.read_text().splitlines()]
    assert said == ["=== LOG OPENED [bot] | PID: 1 | UTC+00:00", "--- after"]


def test_a_reader_that_follows_the_file_gets_whole_lines_only(tmp_path: Path) -> None:
    log = daily(tmp_path)
    log.write(DAY, "--- first")
    (file,) = tmp_path.glob("memory_*.log")
    with file.open("rb") as reader:
        writers = [
            threading.Thread(
                target=lambda: [log.write(DAY, "--- " + "x" * 500) for _ in range(200)]
            )
            for _ in range(4)
        ]
        for writer in writers:
            writer.start()
        text = b""
        while any(writer.is_alive() for writer in writers):
            # The kernel may show a line that crosses a page in two parts; nothing comes between.
            text += reader.read()
        text += reader.read()
    assert len(text.splitlines()) == 802
    assert {len(line) for line in text.splitlines()[2:]} == {len("1970-01-02 00:00:00 --- ") + 500}


@needs_posix
def test_a_full_disk_loses_whole_lines_is_told_once_and_noted_when_there_is_room(
    tmp_path: Path,
) -> None:
    code = """
import pathlib, resource, sys, time
import trayapp.probe.daily_file as daily
daily.RETRY_SECONDS = 0.0
problems = []
folder = pathlib.Path(sys.argv[1])
log = daily.DailyFile(str(folder), lambda at: "opened\\n", problems.append)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
written = [log.write(86400, "x" * 80) for _ in range(20)]
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
written.append(log.write(86400, "y"))
print(written.count(False), len(problems), problems[0].partition(" cannot ")[0])
"""
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "TZ": "UTC"},
    )
    missed, told, problem = run.stdout.split(" ", 2)
    assert (told, problem.strip()) == ("1", f"the memory log in {tmp_path}")
    (file,) = tmp_path.glob("memory_*.log")
    text = file.read_text().splitlines()
    assert {len(line) for line in text[1:-2]} == {100}
    assert len(text) - 3 + int(missed) == 20
    assert f"=== {missed} lines since 00:00:00 are missing: " in text[-2]
    assert text[-1].endswith(" y")


@needs_posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_told_once(tmp_path: Path) -> None:
    problems: list[str] = []
    tmp_path.chmod(0o500)
    log = daily(tmp_path / "logs", problems)
    assert [log.write(DAY, "x") for _ in range(3)] == [False] * 3
    tmp_path.chmod(0o700)
    eventually(lambda: log.write(DAY, "x"))
    assert len(problems) == 1


def test_a_folder_that_is_a_file_is_told_once_and_the_program_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").write_text("mine")
    assert probe.memory_log(tmp_path / "logs", 3600)
    with probe.task("a"):
        pass
    probe.stop_memory_log()
    assert capsys.readouterr().err.count("the memory log in") == 1
    assert (tmp_path / "logs").read_text() == "mine"


@pytest.mark.parametrize("name", ["a\0b", "\ud800/../\0"])
def test_a_folder_that_can_be_none_is_reported_once(tmp_path: Path, name: str) -> None:
    problems: list[str] = []
    log = daily(tmp_path / name, problems)
    assert [log.write(DAY, "x") for _ in range(3)] == [False] * 3
    assert len(problems) == 1
    tidy(str(tmp_path / name), DAY, 30, 365)


def test_an_interval_without_end_ends_no_thread(tmp_path: Path) -> None:
    assert probe.memory_log(tmp_path / "logs", float("inf"))
    (thread,) = (each for each in threading.enumerate() if each.name == "memory log")
    thread.join(0.5)
    assert thread.is_alive()
    probe.stop_memory_log()
    thread.join(30)
    assert not thread.is_alive()


@needs_posix
def test_a_pipe_among_old_files_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "memory_20260101.log")
    code = """
import sys, trayapp.probe.daily_file
trayapp.probe.daily_file.tidy(sys.argv[1], float(sys.argv[2]), 30, 365)
"""
    now = time.mktime((2026, 3, 16, 1, 0, 0, 0, 0, -1))
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path), str(now)], timeout=60)
    assert done.returncode == 0


@needs_posix
def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    folder = tmp_path / "logs"
    folder.mkdir()
    for day in (1, 2):
        (folder / f"memory_1970010{day}.log").symlink_to(tmp_path / "precious")
    problems: list[str] = []
    assert not daily(folder, problems).write(DAY, "x")
    assert problems
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_line_that_a_crash_broke_off_is_ended(tmp_path: Path) -> None:
    crashed = daily(tmp_path)
    crashed.write(DAY, "--- whole")
    crashed.close()
    (file,) = tmp_path.glob("memory_*.log")
    with file.open("a") as out:
        out.write("1970-01-02 00:02:00 --- [idle] | RSS:  5")
    daily(tmp_path).write(DAY, "--- next")
    text = file.read_text().splitlines()
    assert text[2].endswith("RSS:  5")
    assert [line[20:23] for line in text[3:]] == ["===", "---"]


@needs_posix
def test_programs_that_share_a_folder_have_files_of_their_own(folder: Path) -> None:
    code = f"import trayapp.probe; trayapp.probe.memory_log({str(folder)!r}, 3600)"
    other = subprocess.Popen([sys.executable, "-c", code])
    assert other.wait(30) == 0
    own, others = sorted(folder.glob("memory_*.log"), key=lambda file: len(file.name))
    assert f".{other.pid}.log" in others.name
    assert f"PID: {os.getpid()}" in own.read_text()
    assert f"PID: {other.pid}" in others.read_text()


@needs_posix
def test_a_forked_child_writes_no_log_until_it_asks_for_one(folder: Path) -> None:
    before = len(lines(folder))
    child = os.fork()
    if child == 0:
        with probe.task("of the child"):
            pass
        os._exit(0)
    os.waitpid(child, 0)
    assert len(lines(folder)) == before
    with probe.task("of the parent"):
        pass
    assert len(lines(folder)) == before + 2


def test_old_files_are_packed_then_removed_and_others_left_alone(tmp_path: Path) -> None:
    now = time.mktime((2026, 3, 16, 1, 0, 0, 0, 0, -1))
    names = {
        "memory_20260316.log", "memory_20260215.log", "memory_20260214.log",
        "memory_20260214.77.log", "memory_20250316.log.gz", "memory_20250101.log",
        "memory_20250101.txt", "memory_2025.log", "memory_20250101.mine.log", "app_20250101.log",
    }  # fmt: skip
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    tidy(str(tmp_path), now, 30, 365)
    assert {file.name for file in tmp_path.iterdir()} == {
        "memory_20260316.log", "memory_20260215.log", "memory_20260214.log.gz",
        "memory_20260214.77.log.gz", "memory_20250101.txt", "memory_2025.log",
        "memory_20250101.mine.log", "app_20250101.log",
    }  # fmt: skip
    packed = tmp_path / "memory_20260214.log.gz"
    assert gzip.decompress(packed.read_bytes()) == b"memory_20260214.log"


def test_a_clock_that_is_set_back_costs_no_packed_log(tmp_path: Path) -> None:
    now = time.mktime((2026, 3, 16, 1, 0, 0, 0, 0, -1))
    file, packed = tmp_path / "memory_20260101.log", tmp_path / "memory_20260101.log.gz"

    # The last time both are there with the same, as after a crash.
    for lines, whole in [(b"a\n", b"a\n"), (b"b\n", b"a\nb\n"), (b"a\nb\n", b"a\nb\n")]:
        file.write_bytes(lines)
        tidy(str(tmp_path), now, 30, 365)
        assert gzip.decompress(packed.read_bytes()) == whole
        assert not file.exists()

    packed.write_bytes(packed.read_bytes()[:-9])
    file.write_bytes(b"c\n")
    tidy(str(tmp_path), now, 30, 365)
    assert file.read_bytes() == b"c\n", "what is damaged is not gone on with"


def test_a_clock_that_jumps_ahead_removes_no_log_at_once(tmp_path: Path) -> None:
    names = {"memory_20260315.log.gz", "memory_20260316.log.gz"}
    for name in names:
        (tmp_path / name).write_bytes(gzip.compress(b"a\n"))

    def tidy_on(year: int, day: int) -> set[str]:
        name = f"memory_{year}0101.log" if day == 1 else f"memory_{year}0102.log"
        (tmp_path / name).write_bytes(b"b\n")
        tidy(str(tmp_path), time.mktime((year, 1, day, 1, 0, 0, 0, 0, -1)), 30, 365)
        return {file.name for file in tmp_path.iterdir()}

    assert tidy_on(2036, 1) >= names
    # The clock has been so for a day: the program was not used for ten years.
    assert not tidy_on(2036, 2) & names


def test_importing_the_probe_loads_nothing_of_the_log() -> None:
    code = """
import sys
import trayapp.probe
print(*sorted(name for name in sys.modules if name.startswith('trayapp.domain')
              or name in ('contextvars', 'trayapp.probe.log_writing')))
"""
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == ""

"""Memory logs are read: our own, those of others, broken ones, over days and changes of clocks."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trayapp.cli.main import main
from trayapp.domain.judging.log_records import LogLimits
from trayapp.domain.records.log_lines import in_brackets, listed, sizes
from trayapp.domain.records.series import APPLICATION, ApplicationMinute, Series
from trayapp.errors import RecordingError
from trayapp.history.retention import Retention
from trayapp.history.writer import HistoryWriter
from trayapp.language.units import MIB
from trayapp.recording.log_files import find_logs, read_logs
from trayapp.recording.log_report import log_json

START = 1_773_648_000
"""2026-03-16 08:00:00 by the clock of the log."""


def stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(START + seconds))


def line(seconds: float, rss_mb: float, mark: str = "---", name: str = "idle") -> str:
    figures = sizes(round(rss_mb * 1e6), round(rss_mb * 1e6) + 10**8, 10**9, 2 * 10**9)
    return f"{stamp(seconds)} {mark} [{name}]{figures}\n"


def write(folder: Path, *lines: str, name: str = "memory_20260316.log") -> Path:
    file = folder / name
    file.write_text("".join(lines), encoding="utf-8")
    return file


def found(*files: Path, **limits: Any) -> dict[str, Any]:
    return log_json(read_logs(find_logs(files), LogLimits(**limits)))


def a_day(leak_mb: float = 0.0, *, seed: int = 1, days: int = 1) -> Iterator[str]:
    """Two kinds of tasks, one of which keeps memory, by resident sets only."""
    source, base = random.Random(seed), 400.0
    for at in range(0, 86_400 * days, 600):
        name = ("import", "mail")[at // 600 % 2]
        yield line(at, base + source.uniform(-0.2, 0.2))
        yield line(at + 120, base, ">>> TASK START", name)
        yield line(at + 240, base + 30, "---", name)
        base += leak_mb if name == "import" else 0.0
        yield line(at + 300, base, "<<< TASK END", name)
        yield line(at + 420, base + source.uniform(-0.2, 0.2))


def test_the_guilty_task_its_amount_and_the_trend_are_found(tmp_path: Path) -> None:
    result = found(write(tmp_path, *a_day(0.5, days=3)))
    guilty, other = result["tasks"]
    assert (guilty["name"], guilty["count"], guilty["failed"]) == ("import", 216, 0)
    assert guilty["kept_bytes"] == pytest.approx(108e6, rel=0.05)
    assert guilty["growth_median_bytes"] == pytest.approx(5e5, rel=0.1)
    assert guilty["peak_bytes"] > guilty["mean_bytes"] > 400e6
    assert abs(other["kept_bytes"]) < 2e6
    assert abs(result["unexplained_bytes"]) < 3e6
    assert [day["date"] for day in result["idle"]["days"]] == [
        "2026-03-16", "2026-03-17", "2026-03-18", "2026-03-19",
    ]  # fmt: skip
    assert result["idle"]["slope_bytes_per_day"] == pytest.approx(36e6, rel=0.1)
    assert result["idle"]["verdict"] in ("growing", "leaking")
    assert result["peaks"][0]["task"] == "mail", "the last, on top of all that import has kept"
    assert result["lines"] == 3 * 720
    assert result["other_lines"] == 0


def test_a_program_that_keeps_nothing_is_healthy(tmp_path: Path) -> None:
    result = found(write(tmp_path, *a_day(0.0, days=3)))
    assert result["idle"]["verdict"] == "healthy"
    assert abs(result["idle"]["slope_bytes_per_day"]) < 1e6
    assert all(abs(task["kept_bytes"]) < 3e6 for task in result["tasks"])


def test_lines_of_other_forms_are_counted_and_shown(tmp_path: Path) -> None:
    other = ["INFO started\n", "\n", "2026-03-16 08:00:00 something else\n", "x" * 70_000]
    file = tmp_path / "app.log"
    file.write_bytes(
        "".join([line(0, 500), *other[:3]]).encode() + b"\x00\xff\n" + line(5, 501).encode()
        + other[3].encode()
    )  # fmt: skip
    result = found(file)
    assert (result["lines"], result["other_lines"]) == (2, 4)
    assert result["other_examples"][0] == "INFO started"


def test_a_file_without_any_such_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no line of a memory log"):
        found(write(tmp_path, "nothing\n", "here\n"))
    with pytest.raises(RecordingError, match="cannot be read"):
        found(tmp_path / "missing.log")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecordingError, match="memory_YYYYMMDD"):
        found(tmp_path / "empty")


def test_bare_marks_and_named_lines_of_others_are_understood(tmp_path: Path) -> None:
    lines = []
    for at in range(0, 7200, 600):
        base = 500 + at / 600
        lines += [
            line(at, base),
            f"{stamp(at + 60)} >>> TASK START [dump]\n",
            line(at + 120, base + 20, "---", "dump"),
            f"{stamp(at + 180)} <<< TASK END [dump]{' failed: timeout' if at == 600 else ''}\n",
            line(at + 240, base + 1),
            line(at + 300, base + 1, "---", "only named"),
        ]
    result = found(write(tmp_path, *lines))
    dump, named = sorted(result["tasks"], key=lambda task: str(task["name"]))
    assert (dump["count"], dump["failed"], named["count"]) == (12, 1, 12)
    assert dump["kept_bytes"] == pytest.approx(12e6, rel=0.1)


def test_peaks_jumps_levels_and_a_short_machine_have_their_moments(tmp_path: Path) -> None:
    def low(seconds: float, rss_mb: float) -> str:
        figures = sizes(round(rss_mb * 1e6), None, 400_000_000, 2_000_000_000)
        return f"{stamp(seconds)} --- {listed(['big', 'other'])}{figures}\n"

    lines = [line(at, 500) for at in range(0, 600, 60)]
    lines += [low(600, 1200), low(660, 1600), low(720, 1200), line(780, 500), line(840, 500)]
    result = found(write(tmp_path, *lines), top=3)
    assert result["peaks"][0] == {
        "time": stamp(660), "rss_bytes": 1_600_000_000, "task": "big + other",
    }  # fmt: skip
    changes = [abs(jump["to_bytes"] - jump["from_bytes"]) for jump in result["jumps"]]
    assert changes == [700e6, 700e6, 400e6]
    assert (result["levels"]["warning_s"], result["levels"]["critical_s"]) == (120, 60)
    (episode,) = result["low_memory"]
    assert (episode["time"], episode["seconds"]) == (stamp(600), 180)
    assert (episode["least_available_bytes"], episode["task"]) == (400_000_000, "big + other")


def test_the_order_of_files_packed_ones_and_folders_do_not_matter(tmp_path: Path) -> None:
    lines = list(a_day(0.5, days=2))
    first = write(tmp_path, *lines[:720], name="memory_20260316.log")
    second = write(tmp_path, *lines[720:], name="memory_20260317.log")
    whole = found(first, second)
    assert found(second, first) == whole
    with gzip.open(tmp_path / "memory_20260316.log.gz", "wb") as out:
        out.write(first.read_bytes())
    first.unlink()
    assert found(tmp_path) == whole


def test_an_hour_that_comes_twice_is_no_gap_and_no_new_day(tmp_path: Path) -> None:
    """At 03:00 of summer time the clock shows 02:00 again."""
    began = 19 * 3600 + 221 * 86_400
    lines = [line(began + at, 500 + at / 3600) for at in range(0, 4 * 3600, 120)]
    lines += [line(began + at, 500 + (at + 3600) / 3600) for at in range(3 * 3600, 6 * 3600, 120)]
    result = found(write(tmp_path, *lines))
    assert result["span_s"] == pytest.approx(7 * 3600, abs=400)
    assert result["idle"]["slope_bytes_per_day"] == pytest.approx(24e6, rel=0.1)


def test_another_life_of_the_program_is_no_fall_of_memory(tmp_path: Path) -> None:
    opened = "=== LOG OPENED [bot] | PID: {} | UTC+01:00\n"
    lines = [f"{stamp(0)} {opened.format(1)}", *(line(at, 900) for at in range(0, 3600, 60))]
    lines += [f"{stamp(3600)} {opened.format(2)}"]
    lines += [line(3600, 300), *(line(at, 300) for at in range(3660, 7200, 60))]
    result = found(write(tmp_path, *lines))
    assert result["jumps"] == []
    assert result["growth_bytes"] == 0


def test_before_and_after_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = write(tmp_path, *a_day(0.5), name="old.log")
    new = write(tmp_path, *a_day(0.0, seed=2), name="new.log")
    assert main(["log", "analyze", str(new), "--compare", str(old), "--json"]) == 0
    compare = json.loads(capsys.readouterr().out)["compare"]
    tasks = {task["name"]: task for task in compare["tasks"]}
    assert tasks["import"]["more_than_chance"] is True
    assert tasks["import"]["difference_bytes"] == pytest.approx(-5e5, rel=0.1)
    assert tasks["mail"]["more_than_chance"] is False
    assert compare["idle"]["more_than_chance"] is True


def test_a_task_that_runs_where_the_end_begins_is_named(tmp_path: Path) -> None:
    lines = [line(at, 400 + at / 60, "---", "import") for at in range(0, 3600, 60)]
    file = write(tmp_path, *lines)
    content = read_logs([file], LogLimits(), since=START + 1800)
    answer = log_json(content)
    assert answer["first_time"] == stamp(1800)
    assert [peak["task"] for peak in answer["peaks"]] == ["import"]
    assert answer["idle"]["days"] == []


def test_since_takes_the_end_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, *a_day(0.5))
    assert main(["log", "analyze", str(file), "--since", "2h", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["span_s"] == pytest.approx(7200, abs=300)
    assert result["lines"] == 720


def test_all_that_is_explained_leaves_nothing_to_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        line(0, 400, ">>> TASK START", "a"),
        line(60, 500, "<<< TASK END", "a"),
        line(120, 500),
    ]
    assert main(["log", "analyze", str(write(tmp_path, *lines))]) == 0
    text = capsys.readouterr().out
    assert "Memory in use changed by 95.4 MiB\n" in text
    assert "no task explains" not in text


def test_logs_that_end_before_since_are_refused_with_their_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, *a_day())

    assert main(["log", "analyze", "--since", "9999-12-31", str(file)]) != 0

    assert "the logs end before --since, at 2026-03-17 07:57:00" in capsys.readouterr().err


def test_a_log_without_any_size_has_no_moments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, f"{stamp(0)} === Memory log opened [x] | PID: 1 | UTC+00:00\n")

    assert main(["log", "analyze", str(file)]) == 0

    assert capsys.readouterr().out.startswith("1 line, –\n")
    assert (found(file)["first_time"], found(file)["last_time"]) == (None, None)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1969-12-31"])
def test_a_day_that_no_clock_has_is_empty(
    tmp_path: Path, day: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEMTRAY_HOME", str(tmp_path))
    HistoryWriter(tmp_path / "history.sqlite3", Retention()).close()

    assert main(["day", day]) == 0

    assert capsys.readouterr().out == f"Nothing was recorded on {day}.\n"


def test_a_day_without_tracked_programs_lists_the_largest_applications(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is tracked there is a history, which `day` said to be none."""
    monkeypatch.setenv("MEMTRAY_HOME", str(tmp_path))
    morning = time.mktime((2026, 3, 16, 9, 0, 0, 0, 0, -1))
    with closing(HistoryWriter(tmp_path / "history.sqlite3", Retention())) as writer:
        for name, mib in (("small", 10), ("big [x]", 300)):
            series = Series(APPLICATION, name, "rss_bytes")
            writer.add_minutes(
                ApplicationMinute(int(morning) + 60 * n, series, (mib + n) * MIB, (mib + n) * MIB)
                for n in range(5)
            )
        writer.add(morning + 300, [(Series("system", "", "used_bytes"), 1.0)])
    assert main(["day", "2026-03-16"]) == 0
    said, _titles, *rows = capsys.readouterr().out.splitlines()
    assert said == "No tracked program was recorded on 2026-03-16. The largest applications:"
    assert [row.split()[0] for row in rows] == ["big", "small"]
    assert rows[0].split()[-6:] == ["300", "MiB", "302", "MiB", "304", "MiB"]
    assert main(["day", "--json", "2026-03-16", "small"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["targets"] == []
    assert [each["name"] for each in told["applications"]] == ["small"]


def test_a_person_reads_which_task_and_how_much(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["log", "analyze", str(write(tmp_path, *a_day(0.5))), "--top", "3"]) == 0
    text = capsys.readouterr().out
    assert "import kept most: 34.3 MiB in 72 runs, about 488 KiB each time" in text
    assert "more than" not in text
    missing = str(tmp_path / "missing")
    assert main(["log", "analyze", missing]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_the_probe_writes_is_read_to_the_last_figure(tmp_path: Path) -> None:
    code = """
import sys, threading, trayapp.probe as probe
from concurrent.futures import ThreadPoolExecutor
probe.memory_log(sys.argv[1], 0.1)
kept = []
def work(name, size):
    with probe.task(name):
        with probe.task("part of " + name):
            temporary = bytearray(2_000_000)
            kept.append(bytearray(size))
            del temporary
for _ in range(25):
    work("leaks", 40_000)
    work("works", 10)
pool = ThreadPoolExecutor(2)
barrier = threading.Barrier(2)
for each in [pool.submit(barrier.wait) for _ in range(2)]: each.result()
for _ in range(20):
    both = [pool.submit(work, *each) for each in (("leaks", 40_000), ("works", 10))]
    for each in both: each.result()
"""
    folder = tmp_path / "logs"
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, timeout=60)
    result = found(folder)
    first = result["tasks"][0]
    assert (first["name"], first["count"]) == ("part of leaks", 45)
    assert first["growth_median_bytes"] == pytest.approx(40_000, rel=0.05)
    assert first["kept_bytes"] > 45 * 30_000, "what only two threads make of it is noise"
    assert first["where"] == "<string>:8 work"
    assert result["other_lines"] == 0


@settings(max_examples=60, deadline=None)
@given(name=st.text(max_size=30), figure=st.floats(0, 1e6), junk=st.text(max_size=60))
def test_whatever_is_written_is_read_and_nothing_harms(
    tmp_path_factory: pytest.TempPathFactory, name: str, figure: float, junk: str
) -> None:
    folder = tmp_path_factory.mktemp("logs")
    rss_bytes = round(figure * 1e6)
    text = f"{stamp(0)} >>> TASK START {in_brackets(name)}{sizes(rss_bytes, None, None, None)}\n"
    text += f"{stamp(9)} --- {listed([name])}{sizes(rss_bytes, None, 10**9, 2 * 10**9)}\n"
    text += f"{stamp(0)[:10]}{junk}\n{stamp(9)} --- [x] | RSS: {junk} MB\n"
    file = folder / "memory_20260316.log"
    file.write_bytes(text.encode("utf-8", "replace"))
    result = found(file)
    assert len(result["tasks"]) <= 2
    file.unlink()


@pytest.mark.parametrize(
    ("odd", "what"),
    [
        (f"{stamp(0).replace('2026-03', '2026-13')} --- [idle] | RSS: 1.0 MB\n", "a month 13"),
        (line(60, 400).replace(stamp(60), "0000-03-16 08:01:00"), "a year 0"),
        (f"{stamp(60)} --- {'[' * 100_000} | RSS: 400.0 MB\n", "brackets that never close"),
        *(
            ("".join(line(1, 400, ">>> TASK START", name) for name in names), "no end")
            for names in (["a"] * 10_000, [f"t{number}" for number in range(10_000)])
        ),
    ],
    ids=["month", "year", "brackets", "alike", "other"],
)
def test_odd_lines_cost_no_figures_no_minutes_and_no_error(
    tmp_path: Path, odd: str, what: str
) -> None:
    # In a process of its own, so that what would take hours ends.
    lines = [line(0, 400), odd, line(120, 401)]
    done = subprocess.run(
        [sys.executable, "-m", "trayapp", "log", "analyze", "--json", "--since", "1d",
         str(write(tmp_path, *lines))],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert not done.stderr, what
    assert json.loads(done.stdout)["peaks"], what


@pytest.mark.parametrize("options", [[], ["--since", "1d"]])
def test_a_packed_log_that_is_damaged_inside_is_refused_in_one_line(
    tmp_path: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    packed = bytearray(gzip.compress("".join(a_day()).encode()))
    for place in range(len(packed) // 2, len(packed) // 2 + 40):
        packed[place] ^= 0xFF
    file = tmp_path / "memory_20260316.log.gz"
    file.write_bytes(packed)

    assert main(["log", "analyze", *options, str(file)]) != 0

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"{file} cannot be read" in said


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such files")
def test_a_pipe_and_a_device_are_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "memory_20260316.log"
    os.mkfifo(pipe)

    for file in (pipe, Path("/dev/zero")):
        done = subprocess.run(
            [sys.executable, "-m", "trayapp", "log", "analyze", str(file)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert f"{file} cannot be read: it is not a regular file" in done.stderr

"""Guarded runs that learn: the next has the limits of the pressure that ended the one before."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.test_run import run
from trayapp.guard.run_limits import AFTER_CRITICAL, AFTER_HIGH, RunLimits, parse_limits
from trayapp.guard.run_records import MOST_BYTES, RunRecord, append, read, record_of

RUN = RunRecord(
    name="worker.py",
    began_wall_seconds=1_700_000_000.0,
    seconds=61.5,
    pressure="high",
    peak_bytes=600_000_000,
    growth_bytes_per_second=1e6,
    exit_code=143,
    restarted=True,
    limits=AFTER_HIGH.text(),
)
WORKER = """
import os, sys, time
from trayapp.probe import BoundedDict
print(os.environ.get("MEMTRAY_PRESSURE"), BoundedDict().limit, flush=True)
if "MEMTRAY_PRESSURE" not in os.environ:
    kept = bytearray(b"x") * 60_000_000
    if sys.argv[1:]:
        time.sleep(4)
        os.kill(os.getpid(), 9)
    time.sleep(600)
"""


def test_limits_are_read_and_written() -> None:
    assert parse_limits("objects=1000 history=250 collect=3s trim=7s") == AFTER_HIGH
    assert parse_limits(AFTER_CRITICAL.text()) == AFTER_CRITICAL
    assert parse_limits("trim=1min,objects=7") == RunLimits(max_objects=7, trim_seconds=60.0)
    assert parse_limits("") == RunLimits()
    assert AFTER_HIGH.variables("high") == {
        "MEMTRAY_PRESSURE": "high",
        "MEMTRAY_MAX_OBJECTS": "1000",
        "MEMTRAY_MAX_HISTORY": "250",
        "MEMTRAY_COLLECT_SECONDS": "3",
        "MEMTRAY_TRIM_SECONDS": "7",
    }


@pytest.mark.parametrize(
    "text", ["objects", "objects=", "objects=0", "objects=-1", "objects=1e3", "objects=٣", "x=1",
             "collect=soon", "trim=0s", "objects=99999999999999999999"]
)  # fmt: skip
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is"):
        parse_limits(text)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("options", "arguments", "first", "pressure", "limit"),
    [
        (("--critical", "50M", "--on-critical", "objects=123"), (), "", "critical", 123),
        (("--high", "50M", "--critical", "10G"), ("die",), "killed", "high", 1000),
    ],
)
def test_the_next_run_has_the_limits_of_the_pressure_that_ended_this_one(
    tmp_path: Path,
    options: tuple[str, ...],
    arguments: tuple[str, ...],
    first: str,
    pressure: str,
    limit: int,
) -> None:
    program = tmp_path / "worker.py"
    program.write_text(WORKER)
    done = run(
        tmp_path,
        *(*options, "--restart", "--cooldown", "1ms", "--interval", "100ms", "--"),
        *(sys.executable, str(program), *arguments),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["None 2000", f"{pressure} {limit}"]
    assert first in done.stderr
    listed = run(tmp_path, "--list", "--json")
    ended, last = json.loads(listed.stdout)
    assert (ended["pressure"], ended["restarted"], ended["limits"]) == (pressure, True, "")
    assert (last["restarted"], last["exit_code"], last["limits"][:8]) == (False, 0, "objects=")
    assert ended["peak_bytes"] > 50_000_000
    assert pressure in run(tmp_path, "--list").stdout


def test_runs_are_kept_in_a_file_that_stays_small(tmp_path: Path) -> None:
    file = tmp_path / "new" / "runs.jsonl"
    for number in range(3000):
        append(file, replace(RUN, seconds=number, name="n" * 5000))
    found = read(file)
    assert file.stat().st_size <= MOST_BYTES
    assert (found[-1].seconds, len(found[-1].name)) == (2999, 200)
    assert len(found) > 300


def test_damaged_records_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    assert read(file) == []
    append(file, RUN)
    with file.open("ab") as out:
        out.write(b"\xff\n{}\n[1]\nnull\n" + b"[" * 100_000 + b'\n{"name": 7}\n')
    append(file, RUN)
    assert read(file) == [RUN, RUN]
    good = {name: getattr(RUN, name) for name in RUN.__slots__}
    assert record_of(good) == RUN
    for name, odd in (
        ("pressure", "low"), ("seconds", "1"), ("seconds", True), ("peak_bytes", float("nan")),
        ("name", None), ("restarted", 1), ("exit_code", 1e300),
    ):  # fmt: skip
        assert record_of(good | {name: odd}) is None


def test_the_interval_and_the_limits_are_checked(tmp_path: Path) -> None:
    assert "between 1ms and 60s" in run(tmp_path, "--interval", "0.1ms", "--", "true").stderr
    assert "is not a limit" in run(tmp_path, "--on-high", "x=1", "--", "true").stderr
    assert "No guarded runs" in run(tmp_path, "--list").stdout

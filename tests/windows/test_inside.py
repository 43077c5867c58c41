"""What a program tells of itself: asked of a real one, and read from hostile ones."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.desktop import wait_until
from trayapp.control.personal import PROBE, find_names
from trayapp.windows.inside import inside_text, probe_report, process_keys

REPOSITORY = Path(__file__).parent.parent.parent
PROBED = """
import time
import trayapp.probe
trayapp.probe.register_cache("thumbnails", list, lambda: 2048)
trayapp.probe.start()
time.sleep(600)
"""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="start times are of Linux here")


@pytest.fixture
def program(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """Pid and start time of a program with a probe."""
    env = os.environ | {"MEMTRAY_HOME": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", PROBED], env=env, cwd=REPOSITORY)
    wait_until(lambda: find_names(tmp_path / "run", PROBE), timeout=20, what="probe")
    (name,) = find_names(tmp_path / "run", PROBE)
    yield process.pid, int(name.rpartition("-")[2])
    process.kill()
    process.wait()


def test_a_program_tells_of_itself(tmp_path: Path, program: tuple[int, int]) -> None:
    told = wait_until(lambda: probe_report(tmp_path / "run", [(1, 1), program]), what="answer")
    first, second = inside_text(told).splitlines()
    assert first.startswith("Garbage collector on  ·  collections ")
    assert "threads " in first
    assert second == "Caches: thumbnails 2.00 KiB"


def test_who_has_no_probe_tells_nothing(tmp_path: Path, program: tuple[int, int]) -> None:
    pid, started = program
    # The same pid with another start time is another process.
    assert probe_report(tmp_path / "run", [(pid, started + 1), (1, 1)]) == {}
    assert probe_report(tmp_path / "nowhere", [program]) == {}


def test_whatever_a_program_says_stays_two_short_lines() -> None:
    told = {
        "collector_enabled": "maybe",
        "collections": [10**30, "x", None] * 1000,
        "collected_count": [],
        "caches": [{"name": "a\nb\x1b" * 100, "bytes": "many"}, 7, {"bytes": 1}] * 1000,
    }
    lines = inside_text(told).splitlines()
    assert len(lines) == 2
    assert all(line.isprintable() and len(line) < 500 for line in lines)
    assert lines[0].startswith("Garbage collector –  ·")
    assert "collected –" in lines[0]


def test_only_whole_keys_are_believed() -> None:
    assert process_keys([[1, 2], [3], "45", [6, "7"], None]) == [(1, 2)]
    assert process_keys("nothing") == []

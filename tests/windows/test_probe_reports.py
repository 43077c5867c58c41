"""What a program tells of itself: asked of a real one, and read from hostile ones."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.desktop import wait_until
from trayapp.control.process_endpoints import PROBE, find_names
from trayapp.windows.probe_reports import (
    Report,
    components_of,
    inside_text,
    probe_reports,
    process_keys,
)

REPOSITORY = Path(__file__).parent.parent.parent
PROBED = """
import time
import trayapp.probe
trayapp.probe.register_cache("thumbnails", list, lambda: 2048)
trayapp.probe.register_component("model", lambda: 3 * 1024**2)
trayapp.probe.start()
with trayapp.probe.task("nightly report"):
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
    reports = wait_until(lambda: probe_reports(tmp_path / "run", [(1, 1), program]), what="answer")
    wait_until(lambda: probe_reports(tmp_path / "run", [program])[0]["running_tasks"], what="task")
    (told,) = probe_reports(tmp_path / "run", [program])
    *memory, first, second, third = inside_text(told, time.time()).splitlines()
    if sys.platform == "linux":
        assert memory[0].startswith("Heap: ")
        assert "fragmentation " in memory[0]
        assert memory[-1].startswith("Maps: ")
    assert first.startswith("Garbage collector on  ·  collections ")
    assert "threads " in first
    assert second == "Caches: thumbnails 2.00 KiB"
    assert third.startswith("Running now: nightly report (")
    assert components_of(reports, 12.0 * 1024**2) == [("model", 3 * 1024**2, 0.25)]


def test_who_has_no_probe_tells_nothing(tmp_path: Path, program: tuple[int, int]) -> None:
    pid, started = program
    # The same pid with another start time is another process.
    assert probe_reports(tmp_path / "run", [(pid, started + 1), (1, 1)]) == []
    assert probe_reports(tmp_path / "nowhere", [program]) == []


def test_whatever_a_program_says_stays_a_few_short_lines() -> None:
    told = {
        "collector_enabled": "maybe",
        "collections": [10**30, "x", None] * 1000,
        "collected_count": [],
        "caches": [{"name": "a\nb\x1b" * 100, "bytes": "many"}, 7, {"bytes": 1}] * 1000,
        "running_tasks": [
            {"name": "a\nb\x1b" * 100, "since_unix_s": since}
            for since in (1.0, -1, 10**400, "x", None, True, float("nan"), float("inf"))
        ],
    }
    lines = inside_text(told, 100.0).splitlines()
    assert len(lines) == 3
    assert all(line.isprintable() and len(line) < 500 for line in lines)
    assert lines[0].startswith("Garbage collector –  ·")
    assert "collected –" in lines[0]
    assert "(1 min 39 s), " in lines[2]
    assert lines[2].endswith("and 4 more")


def test_components_of_all_processes_are_added_up_the_largest_first() -> None:
    reports: list[Report] = [
        {"components": [{"name": "model", "bytes": 5}, {"name": "index", "bytes": 20}]},
        {"components": [{"name": "model", "bytes": 30}, {"name": "pool", "bytes": None}]},
        {"components": [{"name": "pool", "bytes": 90}]},
        {},
    ]
    found = components_of(reports, 100.0)
    assert found == [("model", 35.0, 0.35), ("index", 20.0, 0.2), ("pool", None, None)]
    assert {one.share for one in components_of(reports, None)} == {None}


def test_whatever_is_said_of_components_can_be_shown() -> None:
    sizes: tuple[object, ...] = (-1, True, 1.5, "9", 10**400, float("nan"), [], {})
    odd: list[object] = [7, None, {}, {"name": 5, "bytes": 5}]
    odd += [{"name": f"a\n\u202e{size}", "bytes": size} for size in sizes]
    reports: list[Report] = [{"components": [{"name": "", "bytes": 1}, *odd]}, {"components": 5}]
    (one, *rest) = components_of(reports, 2.0)
    assert one == ("–", 1.0, 0.5)
    assert all(each.bytes is None and each.name.isprintable() for each in rest)
    assert len(rest) == len(sizes)


def test_only_whole_keys_are_believed() -> None:
    assert process_keys([[1, 2], [3], "45", [6, "7"], None]) == [(1, 2)]
    assert process_keys("nothing") == []


def test_a_probe_that_does_not_answer_is_named_with_the_reason() -> None:
    text = inside_text({"problem": "a\nb\x1b" * 1000}, 0.0)
    assert text.isprintable()
    assert len(text) <= 200


def test_what_the_memory_consists_of_is_said_in_lines() -> None:
    size = 100 * 1024**2
    heap = {
        "anon_bytes": 2 * size,
        "library_used_bytes": 0,
        "library_free_bytes": 0,
        "arena_bytes": 2 * size,
        "arena_used_bytes": size // 2,
        "live_bytes": size // 4,
    }
    collector = {
        "seconds": 3.0, "watched_seconds": 30.0, "freed_count": 1, "examined_count": 50
    }  # fmt: skip
    maps = [
        {"name": "heap", "bytes": size, "resident_bytes": 5},
        {"name": "libraries", "bytes": size, "resident_bytes": None},
        {"name": "<b>", "bytes": size},
        {"name": "files", "bytes": -1},
    ]
    told = {"rss_bytes": 2 * size, "heap": heap, "collector": collector, "maps": maps}
    held, why, collected, mapped, *_ = inside_text(told, 0.0).splitlines()
    assert "Heap: 50.0 MiB in use" in held
    assert "free in Python's arenas 150 MiB" in held
    assert "fragmentation 75%" in held
    assert "only a restart" in why
    assert collected == (
        "Collector: 25.0 MiB left after the last full collection  ·  "
        "10.0% of the time spent collecting  ·  frees 2.0% of what it looks at"
    )
    assert mapped == "Maps: libraries 100 MiB  ·  heap 5 B"


def test_a_program_in_node_tells_of_its_heap() -> None:
    told: Report = {
        "runtime": "node",
        "version": "v20.20.2",
        "worker_count": 2,
        "heap": {
            "used_bytes": 12 * 1024**2, "limit_bytes": 96 * 1024**2, "array_buffers_bytes": 2048,
            "collections": 41, "full_collections": 3, "collecting_seconds": 12,
        },
    }  # fmt: skip
    first, second = inside_text(told, 0.0).splitlines()
    assert first == (
        "Node.js v20.20.2  ·  heap 12.0 MiB of 96.0 MiB  ·  buffers 2.00 KiB  ·  "
        "collections 41 (3 full) in 12 s  ·  worker threads 2"
    )
    assert second == "Caches: none registered"


@pytest.mark.parametrize(
    "heap", [None, [], "x", {"used_bytes": "1", "collections": -1, "collecting_seconds": {}}]
)
def test_nonsense_of_node_is_dashes(heap: object) -> None:
    told: Report = {"runtime": "node", "version": 7, "heap": heap, "worker_count": "many"}
    assert inside_text(told, 0.0).splitlines()[0] == (
        "Node.js –  ·  heap – of –  ·  buffers –  ·  collections – (– full) in –  ·  "
        "worker threads –"
    )

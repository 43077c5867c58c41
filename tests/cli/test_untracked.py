"""A real program that nobody tracks and that leaks; then it is tracked, and has its past."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_main import EATER, Memtray
from tests.desktop.desktop import wait_until
from tests.readers.children import typed_into_a_shell
from trayapp.control.client import call
from trayapp.domain.records.series import TRACKED, Event, Series
from trayapp.history.reader import HistoryReader
from trayapp.paths import find_paths

NAME = "untracked_eater.py"
SETTINGS = """
[sampling]
interval = "0.2s"
applications = "5s"
[history]
applications_floor = "0B"
"""


@pytest.fixture
def eater(tmp_path: Path) -> Iterator[int]:
    """The pid of a program that nobody tracks."""
    program = tmp_path / NAME
    program.write_text(EATER)
    with typed_into_a_shell(sys.executable, str(program)) as pid:
        yield pid


def test_a_leaking_program_that_is_tracked_later_has_the_past_it_had_untracked(
    tmp_path: Path, eater: int
) -> None:
    memtray = Memtray(tmp_path / "home")
    (memtray.home / "memtray.toml").write_text(SETTINGS)
    paths = find_paths(os.environ | {"MEMTRAY_HOME": str(memtray.home)})
    process = memtray.start("start", "--headless")

    def told(kind: str) -> list[dict[str, Any]]:
        found = json.loads(memtray.run("status", "--json").stdout)[kind]
        return [each for each in found if each["name"] == NAME and eater in each["pids"]]

    def ask(verb: str) -> Any:
        return call(paths.runtime, verb, {"kind": "application", "name": NAME})

    def tracked() -> list[Event]:
        with HistoryReader(paths.history_file) as reader:
            return reader.events(0.0, 1e11, (TRACKED,))

    try:
        wait_until(lambda: told("applications"), timeout=60, what="the application")
        (listed,) = ask("program")["processes"]
        assert listed["pid"] == eater
        assert listed["rss_bytes"] > 0
        assert ask("track")["name"] == NAME
        wait_until(lambda: told("targets"), timeout=60, what="the target")
        (event,) = wait_until(tracked, timeout=60, what="its past")
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert event.subject == NAME
    with HistoryReader(paths.history_file) as reader:
        series = Series("target", NAME, "rss_bytes")
        points = reader.points(series, event.wall_seconds - 3600, event.wall_seconds + 3600)
        before = [point for point in points if point.wall_seconds < event.wall_seconds - 0.1]
        after = [point for point in points if point.wall_seconds >= event.wall_seconds - 0.1]
    assert before, "nothing of the time before it was tracked"
    assert after
    assert before[0].mean is not None
    assert after[-1].mean is not None
    assert 0 < before[0].mean < after[-1].mean
    picture = tmp_path / "curve.png"
    assert memtray.run("trends", NAME, "--save", str(picture)).returncode == 0
    assert picture.stat().st_size

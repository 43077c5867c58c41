"""What killed processes leave is gone after the next start, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.desktop.desktop import wait_until
from trayapp.applet.sweeping import sweep
from trayapp.paths import UNFINISHED, Paths, find_paths, unfinished

WRITER = """
import sys, time
from pathlib import Path
from trayapp.export.whole_file import whole_file
with whole_file(Path(sys.argv[1])) as part:
    part.write_text("half")
    print("written", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setenv("MEMTRAY_HOME", str(tmp_path / "home"))
    made = find_paths(os.environ)
    made.create()
    for folder in (made.snapshots, made.windows):
        folder.mkdir()
    return made


def make_old(*files: Path) -> None:
    for file in files:
        os.utime(file, (time.time() - 60,) * 2)


def test_temporary_files_of_our_own_folders_are_swept(paths: Paths) -> None:
    left = [
        paths.config / ".memtray.toml.0a1b2c3d",
        paths.data / "state.json.new",
        paths.data / "incidents.json.new",
        paths.snapshots / "snapshot.partial",
        paths.windows / ".trends.json.4711",
        paths.runtime / "window-3.log",
    ]
    kept = [
        paths.config / "memtray.toml",
        paths.config / ".memtray.toml.mine",
        paths.data / "incidents.json",
        paths.snapshots / "2026-11-29T20-00-00.json",
        paths.windows / "trends.json",
    ]
    for file in (*left, *kept):
        file.write_text("secret")
    make_old(*left, *kept)
    assert sweep(paths, paths.settings_file) == len(left)
    assert not any(file.exists() for file in left)
    assert all(file.exists() for file in kept)


def test_what_is_being_written_stays(paths: Paths) -> None:
    file = paths.config / ".memtray.toml.0a1b2c3d"
    file.write_text("new")
    assert sweep(paths, paths.settings_file) == 0
    assert file.exists()


@pytest.mark.skipif(os.name != "posix", reason="asks whether a process lives as POSIX has it")
def test_a_killed_export_is_swept_and_a_running_one_is_not(paths: Paths, tmp_path: Path) -> None:
    goal = tmp_path / "elsewhere" / "export.csv"
    goal.parent.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(goal)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "written\n"
        notes = list((paths.data / UNFINISHED).iterdir())
        make_old(*notes)
        assert sweep(paths, paths.settings_file) == 0
        assert list(goal.parent.iterdir())
        writer.kill()
        writer.wait()
        assert sweep(paths, paths.settings_file) == 1
    assert not list(goal.parent.iterdir())
    assert not list((paths.data / UNFINISHED).iterdir())


def test_a_note_removes_nothing_that_memtray_has_not_made(paths: Paths, tmp_path: Path) -> None:
    precious = tmp_path / "thesis.odt"
    precious.write_text("years")
    folder = paths.data / UNFINISHED
    folder.mkdir()
    ended = subprocess.Popen(["true"])
    ended.wait()
    note = folder / f"{ended.pid}-00"
    note.write_text(str(precious))
    make_old(note)
    assert sweep(paths, paths.settings_file) == 0
    assert precious.exists()
    assert not note.exists()


def test_who_has_finished_leaves_no_note(paths: Paths, tmp_path: Path) -> None:
    with unfinished(tmp_path / ".memtray-x"):
        wait_until(lambda: list((paths.data / UNFINISHED).iterdir()), what="note")
    assert not list((paths.data / UNFINISHED).iterdir())

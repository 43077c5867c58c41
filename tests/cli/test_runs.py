"""`memtray runs`: from the history alone, for people and as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.cli.test_main import Memtray
from tests.windows.stores import MIB, START, Curve, write_store
from trayapp.paths import find_paths


def test_runs_are_listed_with_their_phases_while_no_memtray_runs(tmp_path: Path) -> None:
    memtray = Memtray(tmp_path)
    paths = find_paths(os.environ | {"MEMTRAY_HOME": str(memtray.home)})
    paths.create()
    curves: dict[str, Curve] = {"web": lambda after: (100 + after / 10) * MIB, "flat": 50.0 * MIB}
    write_store(paths.history_file, curves, seconds=900.0)
    lines = memtray.run("runs", "web").stdout.splitlines()
    assert lines[0].startswith("web, ")
    assert lines[1].startswith("  Growth, 15 min: 100 MiB → 190 MiB (+102 KiB/s)")
    runs = json.loads(memtray.run("runs", "--json").stdout)["runs"]
    kinds = {run["target"]: [phase["phase"] for phase in run["phases"]] for run in runs}
    assert kinds == {"web": ["growth"], "flat": ["steady"]}
    wrong = memtray.run("runs", "wbe")
    assert wrong.returncode == 2
    assert "Did you mean 'web'?" in wrong.stderr


def test_names_move_no_cursor_and_fit_any_encoding(tmp_path: Path) -> None:
    """Tasks and old histories may hold what a terminal obeys; not every pipe takes an arrow."""
    memtray = Memtray(tmp_path)
    paths = find_paths(os.environ | {"MEMTRAY_HOME": str(memtray.home)})
    paths.create()
    name = "w\x1b[2Jeb\x9b1m\u202e"
    curves: dict[str, Curve] = {name: lambda after: (100 + after / 10) * MIB}
    write_store(paths.history_file, curves, seconds=900.0)
    assert memtray.run("runs").stdout.startswith("w\ufffd[2Jeb\ufffd1m\ufffd, ")
    for encoding in ("ascii", "ascii:surrogateescape", "latin-1"):
        done = subprocess.run(
            [sys.executable, "-m", "trayapp", "runs"],
            env=memtray.env | {"PYTHONIOENCODING": encoding},
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(b"w?[2Jeb?1m?, ")
    (run,) = json.loads(memtray.run("runs", "--json").stdout)["runs"]
    assert run["target"] == name


def test_what_is_left_out_is_counted_unless_it_is_named(tmp_path: Path) -> None:
    memtray = Memtray(tmp_path)
    paths = find_paths(os.environ | {"MEMTRAY_HOME": str(memtray.home)})
    paths.create()
    curves: dict[str, Curve] = {f"app{number:02}": 50.0 * MIB for number in range(22)}
    write_store(paths.history_file, curves, seconds=60.0)
    lines = memtray.run("runs").stdout.splitlines()
    assert len([line for line in lines if line.startswith("app")]) == 20
    assert "and 2 more" in lines
    named = memtray.run("runs", *curves, "app00").stdout.splitlines()
    assert [line[:5] for line in named if line.startswith("app")] == list(curves)


def test_a_phase_of_which_most_was_not_recorded_says_so(tmp_path: Path) -> None:
    memtray = Memtray(tmp_path)
    paths = find_paths(os.environ | {"MEMTRAY_HOME": str(memtray.home)})
    paths.create()
    for start in (START, START + 7200.0):
        write_store(paths.history_file, {"web": 50.0 * MIB}, seconds=300.0, start=start)
    lines = memtray.run("runs").stdout.splitlines()
    assert lines[1] == "  Steady, 2 h 5 min: 50.0 MiB (mostly not recorded)"

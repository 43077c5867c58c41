"""`memtray runs`: from the history alone, for people and as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.cli.test_main import Memtray
from tests.windows.stores import MIB, Curve, write_store
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

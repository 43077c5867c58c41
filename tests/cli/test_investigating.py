"""`memtray investigate`: a real program with a probe, one without, and one that is too large."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.test_main import Memtray
from tests.control.serving import other_process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

PROGRAM = """
import pathlib, sys, trayapp.probe
HISTORY = [[number] for number in range(20_000)]
trayapp.probe.start(pathlib.Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_program_is_investigated_by_its_pid_without_any_memtray(tmp_path: Path) -> None:
    memtray = Memtray(tmp_path / "home")
    with other_process(PROGRAM, str(memtray.home / "run")) as process:
        pid = str(process.pid)
        done = memtray.run("investigate", "--pid", pid, "--for", "100ms", "--longest-pause", "1min")
        assert done.returncode == 0, done.stderr
        assert f"process {pid} pauses for about" in done.stderr
        assert "__main__.HISTORY: list with 20,000 entries" in done.stdout
        assert "objects," in done.stdout
        told = memtray.json("investigate", "--pid", pid, "--for", "0s", "--force")
        assert told["growth"]["seconds"] > 0
        refused = memtray.run("investigate", "--pid", pid, "--longest-pause", "1ms")
        assert refused.returncode == 1
        assert refused.stdout == ""
        assert "longer than 1 ms" in refused.stderr


def test_a_program_without_a_probe_is_told_apart(tmp_path: Path) -> None:
    memtray = Memtray(tmp_path / "home")
    with other_process("print('ready', flush=True); input()") as process:
        code, line = memtray.one_line_error("investigate", "--pid", str(process.pid))
        assert (code, "has no Python probe" in line) == (1, True)
    assert "which program?" in memtray.one_line_error("investigate")[1]

"""The probe where Python runs in other ways than as one plain program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.everywhere import CASES, Case, run_case

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, and reads /proc")


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.processes and not case.package],
    ids=lambda case: case.name,
)
def test_every_process_that_has_a_probe_answers(case: Case) -> None:
    assert run_case(sys.executable, case) == "works"


def test_no_descriptor_of_the_program_is_written_to_or_closed(tmp_path: Path) -> None:
    """Though it closes all, ours among them, and gets their numbers for its own."""
    code = """
import os, pathlib, socket, sys, trayapp.probe
folder = pathlib.Path(sys.argv[1])
assert trayapp.probe.start(folder)
os.closerange(3, 100)
pairs = [socket.socketpair() for _ in range(10)]
assert trayapp.probe.start(folder)
trayapp.probe.stop()
for pair in pairs:
    for one, other in (pair, pair[::-1]):
        one.send(b"own")
        assert other.recv(99) == b"own"
"""
    run = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []

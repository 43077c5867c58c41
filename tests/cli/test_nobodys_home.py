"""Where there is no home, or none that can be written to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_main import REPOSITORY, Memtray, memtray  # noqa: F401 - a fixture

UNKNOWN_USER = """
import os, sys
os.environ.pop("HOME", None)
import pwd
def getpwuid(number):
    raise KeyError(f"getpwuid(): uid not found: {number}")
pwd.getpwuid = getpwuid
from trayapp.cli.main import main
sys.exit(main(sys.argv[1:]))
"""
"""A user without a name, as in containers that run under any number."""


@pytest.mark.skipif(sys.platform == "win32", reason="users of POSIX")
def test_a_user_that_the_system_does_not_know_is_served(memtray: Memtray) -> None:  # noqa: F811
    for homes, verb, code in (
        ({}, "status", 3),
        ({"MEMTRAY_HOME": str(memtray.home)}, "doctor", 0),
    ):
        env = {name: text for name, text in memtray.env.items() if name != "MEMTRAY_HOME"} | homes
        done = subprocess.run(
            [sys.executable, "-c", UNKNOWN_USER, verb],
            env=env,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert "Traceback" not in done.stderr
        assert len(done.stderr.splitlines()) == (code > 0)
        assert done.returncode == code


@pytest.mark.parametrize("verb", ["health", "where"])
def test_a_look_at_the_machine_writes_nothing(memtray: Memtray, verb: str) -> None:  # noqa: F811
    memtray.env["MEMTRAY_HOME"] = str(Path(os.devnull) / "home")
    done = memtray.run(verb)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout

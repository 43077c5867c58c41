"""A few tries of each campaign, as they are run by hand: none fails, and each ends by itself."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="campaigns are run on Linux")


@pytest.mark.parametrize(
    ("name", "tries"),
    [
        ("faults", 8),
        ("hostile", 20),
        ("receivers", 3),
        ("settings", 100),
        ("sockets", 20),
        ("own_expressions", 30),
        ("clock", 2),
        ("suspend", 3),
    ],
)
def test_no_try_fails(name: str, tries: int) -> None:
    command = [sys.executable, "-m", f"tests.campaigns.{name}", "--tries", str(tries)]
    done = subprocess.run(
        [*command, "--seed", "7"],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert re.match(rf"{name}: {tries} tries, 0 failures, seed 7, \d+ s\n", done.stdout)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace records the writer")
def test_no_power_failure_loses_what_was_synced() -> None:
    test_no_try_fails("power", 15)

"""A session bus of the test's own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def bus_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a new bus, which is the session's for as long as the test runs."""
    if not shutil.which("dbus-daemon"):
        pytest.skip("needs dbus-daemon")
    command = ("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1")
    place = f"--address=unix:path={tmp_path / 'bus'}"
    with subprocess.Popen((*command, place), stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout
        address = daemon.stdout.readline().strip()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        monkeypatch.delenv("XDG_CURRENT_DESKTOP", raising=False)
        yield address
        daemon.terminate()

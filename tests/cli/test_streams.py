"""Standard streams that are closed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.test_main import REPOSITORY, Memtray, memtray  # noqa: F401 - a fixture
from tests.desktop.desktop import wait_until

NOTHING = ("<&-", ">&-", "<&- >&- 2>&-")


@pytest.mark.skipif(sys.platform == "win32", reason="closes streams by a shell of POSIX")
@pytest.mark.parametrize("closed", NOTHING)
def test_it_runs_without_standard_streams(memtray: Memtray, closed: str) -> None:  # noqa: F811
    """Nothing is written into a file that was opened in the place of a stream."""
    command = f'exec "$0" -m trayapp start --headless {closed}'
    process = subprocess.Popen(
        ["sh", "-c", command, sys.executable],
        env=memtray.env,
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(lambda: memtray.answers() or process.poll() is not None, what="first sample")
        assert memtray.run("quit").returncode == 0
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, errors) == (0, "")

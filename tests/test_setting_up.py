"""packaging/run: the command on PATH, and a Memtray that runs from the environment it changes."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import psutil
import pytest

from tests.cli.test_main import Memtray
from tests.desktop.desktop import wait_until

ROOT = Path(__file__).parent.parent
PACKAGING = ROOT / "packaging"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a shell script")


def put_on_path(home: Path, command: str, path: str = "/usr/bin:/bin") -> str:
    """What the function of packaging/run says."""
    script = f'. "{PACKAGING}/setting_up.sh"; put_on_path "$1"'
    done = subprocess.run(
        ["sh", "-euc", script, "sh", command],
        env={"HOME": str(home), "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr


def test_the_command_is_put_on_path_and_calls_memtray(tmp_path: Path) -> None:
    program = tmp_path / "it's here" / "memtray"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$# $2"\n')
    program.chmod(0o755)
    said = put_on_path(tmp_path, str(program))
    assert "is now in" in said
    assert "is not on your PATH" in said
    command = tmp_path / ".local" / "bin" / "memtray"
    done = subprocess.run([command, "a", "b  c"], capture_output=True, text=True, check=True)
    assert done.stdout == "2 b  c\n"
    there = f"/usr/bin:/bin:{command.parent}"
    assert put_on_path(tmp_path, str(program), there) == "", "nothing is new"


def test_anothers_command_is_left_alone_and_ours_is_brought_up_to_date(tmp_path: Path) -> None:
    command = tmp_path / ".local" / "bin" / "memtray"
    command.parent.mkdir(parents=True)
    command.write_text("#!/bin/sh\necho mine\n")
    assert "call this Memtray as /there/memtray" in put_on_path(tmp_path, "/there/memtray")
    assert command.read_text() == "#!/bin/sh\necho mine\n"
    command.unlink()
    put_on_path(tmp_path, "/old/memtray")
    put_on_path(tmp_path, "/new/memtray")
    assert "exec '/new/memtray' \"$@\"" in command.read_text()


def test_a_running_memtray_is_found_and_quit_and_no_other_process(tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    (environment / "bin").mkdir(parents=True)
    python = environment / "bin" / "python"
    python.symlink_to(sys.executable)
    memtray = Memtray(tmp_path / "home")
    memtray.env |= {"PYTHONPATH": f"{ROOT}{os.pathsep}{sysconfig.get_path('purelib')}"}

    def running(*options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(PACKAGING / "running.py"), str(environment), *options]
        return subprocess.run(command, capture_output=True, text=True, check=True)

    assert running().stdout.split() == []
    applet = subprocess.Popen(
        [str(python), "-m", "trayapp", "start", "--headless"],
        env=memtray.env, cwd=ROOT, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    command = subprocess.Popen(
        [str(python), "-m", "trayapp", "run", "--", "sleep", "60"], env=memtray.env, cwd=ROOT
    )
    try:
        wait_until(lambda: memtray.answers() or applet.poll() is not None, what="first sample")
        wait_until(lambda: bool(psutil.Process(command.pid).children()), what="the command")
        assert running().stdout.split() == [str(applet.pid)]
        running("--quit")
        assert applet.wait(30) == 0
        assert command.poll() is None
    finally:
        for process in (applet, command):
            process.terminate()
            process.wait(30)

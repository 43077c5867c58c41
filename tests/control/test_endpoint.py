"""Where the server listens: one per user, for this user only, and nothing is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.control.serving import HANDLERS, SERVER, other_process, serving
from trayapp.control.client import call
from trayapp.control.protocol import SOCKET_NAME
from trayapp.control.server import ControlServer
from trayapp.errors import AlreadyRunningError, ControlError, NotRunningError

both_ways = pytest.mark.parametrize("loopback", [False, True])
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")

ASK_AS_NOBODY = """
import os, socket, sys
os.setgid(65534); os.setuid(65534)
with socket.socket(socket.AF_UNIX) as client:
    client.settimeout(5)
    try:
        client.connect(sys.argv[1])
        client.sendall(b'{"verb": "echo"}\\n')
        print(client.recv(1000))
    except OSError as error:
        print(type(error).__name__)
"""
SERVE_AS_NOBODY = """
import os, socket, sys
os.setgid(65534); os.setuid(65534)
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1]); server.listen()
print("ready", flush=True)
sys.stdin.read()
"""


@both_ways
def test_stop_leaves_nothing_behind(runtime: Path, loopback: bool) -> None:
    """Afterwards no client takes Memtray for running."""
    with serving(runtime, loopback=loopback) as server:
        assert call(runtime, "echo")
    assert not server.is_alive()
    assert list(runtime.iterdir()) == []
    with pytest.raises(NotRunningError):
        call(runtime, "echo")


def test_a_server_that_never_started_leaves_nothing_behind(runtime: Path) -> None:
    ControlServer(runtime, HANDLERS).stop()
    assert list(runtime.iterdir()) == []


def test_stopping_twice_does_not_hurt_the_next_run(runtime: Path) -> None:
    """The socket of another run is not removed, even under the same name and inode."""
    first = ControlServer(runtime, HANDLERS)
    first.stop()
    with serving(runtime):
        first.stop()
        assert call(runtime, "echo")


@both_ways
def test_only_the_user_can_reach_it(runtime: Path, loopback: bool) -> None:
    """The folder is closed to others, also if it was open before, and so is the file."""
    runtime.mkdir()
    runtime.chmod(0o777)
    with serving(runtime, loopback=loopback):
        assert runtime.stat().st_mode & 0o777 == 0o700
        assert [file.stat().st_mode & 0o777 for file in runtime.iterdir()] == [0o600]


def test_a_second_server_is_refused(runtime: Path) -> None:
    """And the first one keeps its socket."""
    with serving(runtime):
        with pytest.raises(AlreadyRunningError):
            ControlServer(runtime, HANDLERS)
        assert call(runtime, "echo")


@both_ways
def test_the_socket_of_a_killed_run_is_replaced(runtime: Path, loopback: bool) -> None:
    """After kill -9 no client takes the leftover for a running Memtray, and the next run works."""
    with other_process(SERVER, str(runtime), "loopback" if loopback else "unix") as victim:
        victim.kill()
    assert list(runtime.iterdir()), "nothing is left over: this tests nothing"
    with pytest.raises(NotRunningError):
        call(runtime, "echo")
    with serving(runtime, loopback=loopback):
        assert call(runtime, "echo")


def test_a_long_path_is_no_obstacle(tmp_path: Path) -> None:
    """Socket addresses end at about 100 bytes; folders need not."""
    runtime = tmp_path / ("long" * 30) / ("ünïcödé" * 10) / "run"
    with serving(runtime):
        assert [file.name for file in runtime.iterdir()] == [SOCKET_NAME]
        assert call(runtime, "echo")
        with pytest.raises(AlreadyRunningError):
            ControlServer(runtime, HANDLERS)
    assert list(runtime.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    """The person learns where it failed."""
    (tmp_path / "file").touch()
    with pytest.raises(ControlError, match=r"^Commands cannot reach this Memtray: .*/file/run: "):
        ControlServer(tmp_path / "file" / "run", HANDLERS)


@as_root
def test_another_user_is_refused(runtime: Path) -> None:
    """First by the folder's rights; and were they open, by who asks."""

    def ask() -> str:
        command = [sys.executable, "-S", "-c", ASK_AS_NOBODY, str(runtime / SOCKET_NAME)]
        return subprocess.run(
            command, capture_output=True, text=True, check=True, cwd="/", timeout=30
        ).stdout.strip()

    with serving(runtime):
        assert ask() == "PermissionError"
        runtime.chmod(0o777)
        (runtime / SOCKET_NAME).chmod(0o777)
        assert ask() in ("b''", "BrokenPipeError", "ConnectionResetError")
        assert call(runtime, "echo")


@as_root
def test_another_users_server_is_not_trusted(runtime: Path) -> None:
    """Nobody can pose as our Memtray in a folder that is open to all."""
    runtime.mkdir()
    runtime.chmod(0o777)
    with (
        other_process(SERVE_AS_NOBODY, str(runtime / SOCKET_NAME), cwd=Path("/")),
        pytest.raises(ControlError, match="another user"),
    ):
        call(runtime, "echo")


@as_root
def test_another_users_folder_is_not_used(runtime: Path) -> None:
    """Who owns the folder could read along or take the socket's place."""
    runtime.mkdir()
    os.chown(runtime, 65534, 65534)
    with pytest.raises(ControlError, match="other users can access"):
        ControlServer(runtime, HANDLERS)

"""One window of a kind: later starts hand over their wishes, dead ones leave no obstacle."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.desktop.desktop import wait_until
from trayapp.errors import WindowError
from trayapp.windows import single_instance as single
from trayapp.windows.single_instance import Listener, claim

WISHES = {"targets": ["billing"], "since_seconds": 600.0}

HOLDER = """
import sys
from pathlib import Path
from trayapp.windows.single_instance import claim
listener = claim(Path(sys.argv[1]), "trends", {})
print("ready", flush=True)
sys.stdin.read()
"""


def first(folder: Path) -> Listener:
    listener = claim(folder, "trends", {})
    assert listener is not None
    return listener


def second(folder: Path, listener: Listener, wishes: dict[str, Any]) -> dict[str, Any] | None:
    """Start again while the first window polls; what the first one has received."""
    results: list[object] = []
    starter = Thread(target=lambda: results.append(claim(folder, "trends", wishes)))
    starter.start()
    message = wait_until(listener.poll)
    starter.join(10)
    assert results == [None]
    return message


def test_a_second_start_hands_over_its_wishes(tmp_path: Path) -> None:
    with closing(first(tmp_path)) as listener:
        assert listener.poll() is None
        assert second(tmp_path, listener, WISHES) == WISHES


def test_a_path_too_long_for_a_socket_does_not_matter(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    with closing(first(folder)) as listener:
        assert second(folder, listener, WISHES) == WISHES
        assert (folder / "trends.port").stat().st_mode & 0o077 == 0


def test_after_a_close_the_next_start_is_the_first(tmp_path: Path) -> None:
    first(tmp_path).close()
    assert not (tmp_path / "trends.sock").exists()
    first(tmp_path).close()


@contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that is the first and never answers."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_what_a_killed_window_leaves_behind_is_not_in_the_way(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert (tmp_path / "trends.sock").exists()
    with closing(first(tmp_path)) as listener:
        assert second(tmp_path, listener, WISHES) == WISHES


def test_a_window_that_hangs_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single, "ANSWER_SECONDS", 0.3)
    with holder(tmp_path), pytest.raises(WindowError, match="does not respond"):
        claim(tmp_path, "trends", WISHES)


@pytest.mark.parametrize("rubbish", [b"", b"\n", b"[1]\n", b"\xff\n", b"[" * 50_000 + b"\n"])
def test_rubbish_is_ignored(tmp_path: Path, rubbish: bytes) -> None:
    with closing(first(tmp_path)) as listener, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "trends.sock"))
        # Fits into the socket's buffer, so nobody need read it at the same time.
        client.sendall(rubbish)
        client.shutdown(socket.SHUT_WR)
        for _ in range(3):
            assert listener.poll() is None
        assert second(tmp_path, listener, WISHES) == WISHES

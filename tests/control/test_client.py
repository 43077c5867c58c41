"""What a command learns from the running Memtray, or why it learns nothing."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest

from tests.control.serving import SERVER, other_process, serving
from tests.readers.children import stop
from trayapp.control.client import call
from trayapp.control.protocol import LOOPBACK_NAME, REQUEST_LIMIT_BYTES, SOCKET_NAME
from trayapp.errors import ControlError, NotRunningError

both_ways = pytest.mark.parametrize("loopback", [False, True])


@both_ways
def test_an_answer_comes_back(runtime: Path, loopback: bool) -> None:
    """Whatever JSON can say goes there and back unchanged."""
    arguments = {"text": "ä\ud800\x00\u202e\n", "size_bytes": 2**60, "list": [None, True, 1.5]}
    with serving(runtime, loopback=loopback):
        assert call(runtime, "echo", arguments) == {"arguments": arguments}
        assert call(runtime, "echo") == {"arguments": {}}


@both_ways
def test_each_name_is_an_endpoint_of_its_own(runtime: Path, loopback: bool) -> None:
    with serving(runtime, loopback=loopback, name="probe-1-2"):
        assert call(runtime, "echo", name="probe-1-2") == {"arguments": {}}
        for other in ("probe-1-3", "control"):
            with pytest.raises(NotRunningError):
                call(runtime, "echo", name=other)
    assert list(runtime.iterdir()) == []


@both_ways
def test_a_refusal_keeps_its_text_and_exit_code(runtime: Path, loopback: bool) -> None:
    """The person reads what the running Memtray has to say."""
    with (
        serving(runtime, loopback=loopback),
        pytest.raises(ControlError, match=r"^No target is called 'x'; see") as refusal,
    ):
        call(runtime, "refuse")
    assert refusal.value.exit_code == 2


def test_without_a_server_none_is_running(runtime: Path) -> None:
    """Neither a missing folder nor a missing socket is anything else."""
    with pytest.raises(NotRunningError, match="not running; start it with"):
        call(runtime, "echo")
    runtime.mkdir()
    with pytest.raises(NotRunningError):
        call(runtime, "echo")


def test_a_probe_that_is_gone_is_not_taken_for_memtray(runtime: Path) -> None:
    with pytest.raises(NotRunningError, match=r"^Probe of process 7 has already exited\.$"):
        call(runtime, "echo", name="probe-7", who="Probe of process 7")


def test_a_damaged_token_file_is_no_running_memtray(runtime: Path) -> None:
    runtime.mkdir()
    for content in (b"", b"{}", b'{"port": 0, "token": "x"}', b'{"port": 1, "token": "x"}'):
        (runtime / LOOPBACK_NAME).write_bytes(content)
        with pytest.raises(NotRunningError):
            call(runtime, "echo")


def test_a_server_that_hangs_is_given_up(runtime: Path) -> None:
    """A stopped process keeps nobody waiting longer than asked for."""
    with other_process(SERVER, str(runtime), "unix") as hanging:
        stop(hanging)
        started = time.monotonic()
        with pytest.raises(ControlError, match=r"did not answer within 0\.3 s"):
            call(runtime, "echo", timeout_seconds=0.3)
        assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "exited before"),
        (b"ok\n", "cannot be understood"),
        (b"{}\n", "did not answer"),
        (b'{"error": 5, "exit_code": "x"}\n', "did not answer"),
        (b'{"result": 5}\n', "did not answer"),
    ],
)
def test_an_answer_that_is_none_is_reported(runtime: Path, answer: bytes, reason: str) -> None:
    """Something else listening there does not bring a command down."""
    runtime.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.bind(str(runtime / SOCKET_NAME))
        stranger.listen()

        def serve() -> None:
            connection, _ = stranger.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(ControlError, match=reason):
            call(runtime, "echo")
        thread.join()


def test_a_request_that_is_too_long_is_not_sent(runtime: Path) -> None:
    with serving(runtime), pytest.raises(ControlError, match="too long"):
        call(runtime, "echo", {"text": "x" * REQUEST_LIMIT_BYTES})

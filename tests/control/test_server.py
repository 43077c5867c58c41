"""The server outlives whatever its clients and handlers do."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.control.serving import HANDLERS, connect, echo, say, serving
from trayapp.control import server as server_module
from trayapp.control.client import call
from trayapp.control.protocol import REQUEST_LIMIT_BYTES, decode, read_loopback
from trayapp.control.server import ControlServer
from trayapp.errors import ControlError


@pytest.mark.parametrize(
    ("request_line", "reason"),
    [
        (b"hello\n", "not a JSON object"),
        (b"\n", "not a JSON object"),
        (b"\xff\xfe\n", "not a JSON object"),
        (b"[1, 2]\n", "not a JSON object"),
        (b'{"verb": NaN}\n', "not a JSON object"),
        (b'{"a":' * 9000 + b"\n", "not a JSON object"),
        (b'{"verb": ' + b"9" * 5000 + b"}\n", "not a JSON object"),
        (b"{}\n", "has no command"),
        (b'{"verb": ' + b"[" * 500 + b"]" * 500 + b"}\n", "has no command"),
        (b'{"verb": "dance"}\n', "no command 'dance'"),
        (b'{"verb": "echo", "arguments": []}\n', "arguments are not"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "not a JSON object"),
        (b" " * REQUEST_LIMIT_BYTES * 2, "longer than 64 KiB"),
        (b" " * REQUEST_LIMIT_BYTES * 2 + b"\n", "longer than 64 KiB"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_nonsense_is_answered_with_an_error(
    runtime: Path, request_line: bytes, reason: str
) -> None:
    """Whatever comes in, the server says what is wrong and goes on."""
    with serving(runtime):
        answer = say(runtime, request_line)
        assert reason in str(answer["error"])
        assert answer["exit_code"] in (1, 2)
        assert call(runtime, "echo")


def test_a_mistake_of_a_handler_is_an_error_only(
    runtime: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, the client is told, and the server goes on."""
    with serving(runtime):
        with pytest.raises(ControlError, match="Internal error in Memtray: KeyError"):
            call(runtime, "stumble")
        assert "KeyError" in caplog.text
        assert call(runtime, "echo")


def test_what_the_system_refuses_a_handler_is_said(runtime: Path) -> None:
    def fail(_: Mapping[str, object]) -> Mapping[str, object]:
        raise OSError(errno.ENOSPC, "No space left on device", "/secret")

    with serving(runtime, {"fail": fail}), pytest.raises(ControlError) as refused:
        call(runtime, "fail")
    assert str(refused.value) == "The system does not allow it: No space left on device"


def test_an_answer_that_json_cannot_say_is_an_error(runtime: Path) -> None:
    """The client does not wait in vain for it."""
    with (
        serving(runtime, {"infinite": lambda _: {"rate": float("inf")}}),
        pytest.raises(ControlError, match="Internal error in Memtray: ValueError"),
    ):
        call(runtime, "infinite")


def test_a_request_in_many_pieces_is_understood(runtime: Path) -> None:
    """Also if the client then sends no more, as `nc -N` does."""
    with serving(runtime), connect(runtime) as client, client.makefile("rb") as answer:
        for byte in b'{"verb": "echo"}\n':
            client.sendall(bytes([byte]))
        client.shutdown(socket.SHUT_WR)
        assert decode(answer.readline()) == {"result": {"arguments": {}}}
        assert answer.readline() == b""


def test_a_stuck_client_stalls_nobody_and_is_sent_away(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One says nothing, one stops in the middle, one does not fetch its answer; all at once."""
    monkeypatch.setattr(server_module, "CLIENT_LIMIT_SECONDS", 0.8)
    size = 4_000_000
    with (
        serving(runtime, {"big": lambda _: {"text": "x" * size}, "echo": echo}),
        connect(runtime) as silent,
        connect(runtime) as slow,
        connect(runtime) as full,
    ):
        slow.sendall(b'{"verb": ')
        full.sendall(b'{"verb": "big"}\n')
        assert call(runtime, "echo", timeout_seconds=0.7)
        assert silent.recv(1) == b""
        assert slow.recv(1) == b""
        hung_up = select.poll()
        hung_up.register(full, 0)
        assert hung_up.poll(10_000)
        received = 0
        while part := full.recv(65536):
            received += len(part)
        assert 0 < received < size


def test_many_silent_clients_keep_nobody_out(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than are let in and may wait at the door: each has a moment, and the next is served."""
    monkeypatch.setattr(server_module, "CLIENT_LIMIT_SECONDS", 60.0)
    with serving(runtime):
        silent = [connect(runtime) for _ in range(3 * server_module.MOST_CLIENTS + 1)]
        assert call(runtime, "echo", timeout_seconds=5)
        for client in silent:
            client.close()


def test_slow_calls_run_side_by_side(runtime: Path) -> None:
    """Three commands that wait for each other would never end one after the other."""
    together = threading.Barrier(3, timeout=10)

    def wait(_: Mapping[str, object]) -> Mapping[str, object]:
        return {"place": together.wait()}

    with serving(runtime, {"wait": wait, "echo": echo}):
        callers = [threading.Thread(target=call, args=(runtime, "wait")) for _ in range(2)]
        for caller in callers:
            caller.start()
        assert call(runtime, "echo")
        together.wait()
        for caller in callers:
            caller.join()


def test_more_slow_calls_than_run_at_once_are_all_answered(runtime: Path) -> None:
    """Waiting ones start when others end."""
    running: list[int] = []
    counts: list[int] = []
    lock = threading.Lock()

    def work(_: Mapping[str, object]) -> Mapping[str, object]:
        with lock:
            running.append(1)
            counts.append(len(running))
        time.sleep(0.02)
        with lock:
            running.pop()
        return {}

    with serving(runtime, {"work": work}):
        callers = [threading.Thread(target=call, args=(runtime, "work")) for _ in range(12)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    assert len(counts) == 12
    assert max(counts) <= server_module.MOST_CALLS


def test_a_command_that_ends_memtray_is_answered_first(runtime: Path) -> None:
    """`memtray quit` is told that it worked."""
    quitting = threading.Event()

    def quit_memtray(_: Mapping[str, object]) -> Mapping[str, object]:
        quitting.set()
        time.sleep(0.05)  # In this moment the main thread stops the server.
        return {"pid": 1}

    answers: list[object] = []
    with serving(runtime, {"quit": quit_memtray}):
        caller = threading.Thread(target=lambda: answers.append(call(runtime, "quit")))
        caller.start()
        assert quitting.wait(10)
    caller.join()
    assert answers == [{"pid": 1}]


def test_loopback_wants_the_token(runtime: Path) -> None:
    """Any program of any user can connect to a port: knowing it is not enough."""
    with serving(runtime, loopback=True):
        port, token = read_loopback(runtime)
        for wrong in ("", ', "token": ""', ', "token": 5', f', "token": "{token}0"'):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
                client.sendall(b'{"verb": "echo"%s}\n' % wrong.encode())
                assert b"does not have this Memtray's token" in client.recv(1000)


def test_a_server_that_failed_halfway_begins_anew(runtime: Path) -> None:
    class Failing(ControlServer):
        """Memory runs out when it has begun to listen, and before that is noted."""

        failures = 3

        def _set_accepting(self) -> None:
            super()._set_accepting()
            if self.failures and self._is_accepting:
                self.failures -= 1
                self._is_accepting = False
                raise MemoryError

    def keep(body: Callable[[], None]) -> None:
        for _each in range(20):
            with contextlib.suppress(MemoryError, KeyError):
                body()
                return

    server = Failing(runtime, HANDLERS, keep=keep)
    server.start()
    try:
        assert call(runtime, "echo")
        assert not server.failures
    finally:
        server.stop()

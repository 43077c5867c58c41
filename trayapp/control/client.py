"""Asking the running Memtray to do or tell something."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Mapping
from pathlib import Path

from trayapp.control.protocol import (
    ANSWER_LIMIT_BYTES,
    REQUEST_LIMIT_BYTES,
    SOCKET_NAME,
    decode,
    encode,
    is_own,
    read_loopback,
    short_path,
)
from trayapp.errors import ControlError, NotRunningError

_NOT_RUNNING = "Memtray is not running; start it with: memtray"


def call(
    runtime: Path,
    verb: str,
    arguments: Mapping[str, object] | None = None,
    timeout_seconds: float = 5.0,
) -> dict[str, object]:
    """Ask the Memtray whose socket is in `runtime`, and return its answer. Any thread.

    `arguments` is what JSON can say, 64 KiB at most.

    Raises: NotRunningError if none runs; ControlError if it refuses, then with the exit code it
    gave, or does not answer in time.
    """
    deadline = time.monotonic() + timeout_seconds
    request: dict[str, object] = {"verb": verb, "arguments": dict(arguments or {})}
    connection = _connect(runtime, request, deadline)
    with connection:
        try:
            answer = _exchange(connection, encode(request), deadline)
        except TimeoutError as error:
            raise ControlError(
                f"Memtray runs but did not answer within {timeout_seconds:g} s; try again, "
                "or end it and start it anew"
            ) from error
        except OSError as error:
            raise ControlError(f"Memtray broke off: {error.strerror}; try again") from error
    return _result(answer)


def _connect(runtime: Path, request: dict[str, object], deadline: float) -> socket.socket:
    """Connect to whichever socket there is; adds the token to `request` where one is needed."""
    if hasattr(socket, "AF_UNIX"):
        try:
            with short_path(runtime / SOCKET_NAME) as path:
                return _connect_unix(path, deadline)
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            pass  # None, or one that a killed run has left.
        except OSError as error:
            if error.errno is not None:  # Else the path is too long, for the server as well.
                raise ControlError(
                    f"Cannot reach Memtray at {runtime / SOCKET_NAME}: {error.strerror}"
                ) from error
    try:
        loopback = read_loopback(runtime)
        connection = socket.create_connection(("127.0.0.1", loopback.port), _left(deadline))
    except (OSError, ValueError) as error:
        raise NotRunningError(_NOT_RUNNING) from error
    request["token"] = loopback.token
    return connection


def _connect_unix(path: str, deadline: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(_left(deadline))
        connection.connect(path)
        if not is_own(connection):
            raise ControlError(f"{path} belongs to another user's program; not talking to it")
    except BaseException:
        connection.close()
        raise
    return connection


def _exchange(connection: socket.socket, request: bytes, deadline: float) -> bytes:
    """Send the request and return the line that comes back. Raises: OSError, ControlError."""
    if len(request) > REQUEST_LIMIT_BYTES:
        raise ControlError(f"The request is too long: {len(request)} bytes")
    connection.settimeout(_left(deadline))
    # Who is refused is told why before the request has been read.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(request)
    answer = bytearray()
    while not answer.endswith(b"\n"):
        connection.settimeout(_left(deadline))
        part = connection.recv(65536)
        if not part:
            raise ControlError("Memtray ended before it answered")
        answer += part
        if len(answer) > ANSWER_LIMIT_BYTES:
            raise ControlError("Memtray's answer is too long")
    return bytes(answer)


def _result(line: bytes) -> dict[str, object]:
    try:
        answer = decode(line)
    except ValueError as error:
        raise ControlError("Memtray's answer cannot be understood") from error
    result, reason = answer.get("result"), answer.get("error")
    if isinstance(result, dict):
        return result
    refusal = ControlError(reason if isinstance(reason, str) else "Memtray gave no answer")
    exit_code = answer.get("exit_code")
    if isinstance(exit_code, int) and 0 < exit_code < 256:
        refusal.exit_code = exit_code
    raise refusal


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left

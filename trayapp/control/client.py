"""The client of the control socket: one request to whoever listens, one answer."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Mapping
from pathlib import Path

from trayapp.control.protocol import (
    ANSWER_LIMIT_BYTES,
    CONTROL,
    REQUEST_LIMIT_BYTES,
    SOCKET_ENDING,
    decode,
    encode,
    is_own,
    read_loopback,
    short_path,
)
from trayapp.errors import ControlError, NotRunningError
from trayapp.language.catalogue import N_, _

_CROWD_SECONDS = 0.02
_NOT_RUNNING = N_("Memtray is not running; start it with: memtray")


def call(
    runtime: Path,
    verb: str,
    arguments: Mapping[str, object] | None = None,
    timeout_seconds: float = 5.0,
    *,
    name: str = CONTROL,
    who: str = "Memtray",
    answer_limit_bytes: int = ANSWER_LIMIT_BYTES,
) -> dict[str, object]:
    """Send a request to whoever listens in `runtime`, and return the answer. Any thread.

    `arguments` is what JSON can say, 64 KiB at most. `who` is how errors call the other side.

    Raises: NotRunningError if nobody listens; ControlError if it refuses, then with the exit code
    it gave, does not answer in time, or says more than `answer_limit_bytes`.
    """
    deadline = time.monotonic() + timeout_seconds
    request: dict[str, object] = {"verb": verb, "arguments": dict(arguments or {})}
    connection = _connect(runtime, name, request, deadline, who)
    with connection:
        try:
            return _result(_exchange(connection, encode(request), deadline, answer_limit_bytes))
        except TimeoutError as error:
            text = _(
                "{who} is running but did not answer within {seconds:g} s; try again, or "
                "quit it and start it again"
            )
            raise ControlError(text.format(who=who, seconds=timeout_seconds)) from error
        except OSError as error:
            text = _("lost the connection to {who} ({reason}); try again")
            raise ControlError(text.format(who=who, reason=error.strerror)) from error
        except _AnswerError as error:
            raise ControlError(str(error).format(who=who)) from error


def follow(runtime: Path, verb: str, timeout_seconds: float = 5.0) -> socket.socket:
    """Ask for a feed, and return the connection on which its lines come. Any thread.

    Each line is what `call` would be answered. The caller reads and closes it.
    Raises: NotRunningError if nobody listens; ControlError if it cannot be asked.
    """
    deadline = time.monotonic() + timeout_seconds
    request: dict[str, object] = {"verb": verb, "arguments": {}}
    connection = _connect(runtime, CONTROL, request, deadline)
    try:
        connection.sendall(encode(request))
    except OSError as error:
        connection.close()
        text = _("lost the connection to {who} ({reason}); try again")
        raise ControlError(text.format(who="Memtray", reason=error.strerror)) from error
    return connection


def result_in(line: bytes) -> dict[str, object]:
    """Return what a line of a feed says. Raises: ControlError if that is a refusal or nonsense."""
    try:
        return _result(line)
    except _AnswerError as error:
        raise ControlError(str(error).format(who="Memtray")) from error


class _AnswerError(Exception):
    """An answer that cannot be used; its text has room for who gave it."""


def _connect(
    runtime: Path, name: str, request: dict[str, object], deadline: float, who: str = "Memtray"
) -> socket.socket:
    """Connect to whichever socket there is; adds the token to `request` where one is needed."""
    if hasattr(socket, "AF_UNIX"):
        file = runtime / f"{name}{SOCKET_ENDING}"
        try:
            with short_path(file) as path:
                return _connect_unix(path, deadline)
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            pass  # None, or one that a killed run has left.
        except OSError as error:
            if error.errno is not None:  # Else the path is too long, for the server as well.
                text = _("Cannot reach {file}: {reason}")
                raise ControlError(text.format(file=file, reason=error.strerror)) from error
    try:
        loopback = read_loopback(runtime, name)
        connection = socket.create_connection(("127.0.0.1", loopback.port), _left(deadline))
    except (OSError, ValueError) as error:
        if name != CONTROL:
            raise NotRunningError(_("{name} has already exited.").format(name=who)) from error
        raise NotRunningError(_(_NOT_RUNNING)) from error
    request["token"] = loopback.token
    return connection


def _connect_unix(path: str, deadline: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(_left(deadline))
        _reach(connection, path, deadline)
        if not is_own(connection):
            text = _("{path} belongs to another user's program; not connecting to it")
            raise ControlError(text.format(path=path))
    except BaseException:
        connection.close()
        raise
    return connection


def _reach(connection: socket.socket, path: str, deadline: float) -> None:
    """Connect; a crowd at the door is let in or sent away within tenths of a second."""
    while True:
        try:
            connection.connect(path)
            return
        except BlockingIOError:
            if time.monotonic() + _CROWD_SECONDS >= deadline:
                raise
            time.sleep(_CROWD_SECONDS)


def _exchange(
    connection: socket.socket, request: bytes, deadline: float, answer_limit_bytes: int
) -> bytes:
    """Send the request and return the line that comes back.

    Raises: OSError, ControlError, _AnswerError.
    """
    if len(request) > REQUEST_LIMIT_BYTES:
        text = _("The request is too long: {count} bytes")
        raise ControlError(text.format(count=len(request)))
    connection.settimeout(_left(deadline))
    # Who is refused is told why before the request has been read.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(request)
    answer = bytearray()
    while not answer.endswith(b"\n"):
        connection.settimeout(_left(deadline))
        part = connection.recv(65536)
        if not part:
            raise _AnswerError(_("{who} exited before it answered"))
        answer += part
        if len(answer) > answer_limit_bytes:
            raise _AnswerError(_("the answer from {who} is too long"))
    return bytes(answer)


def _result(line: bytes) -> dict[str, object]:
    try:
        answer = decode(line)
    except ValueError as error:
        raise _AnswerError(_("the answer from {who} cannot be understood")) from error
    result, reason = answer.get("result"), answer.get("error")
    if isinstance(result, dict):
        return result
    if not isinstance(reason, str):
        raise _AnswerError(_("{who} did not answer"))
    refusal = ControlError(reason)
    exit_code = answer.get("exit_code")
    if isinstance(exit_code, int) and 0 < exit_code < 256:
        refusal.exit_code = exit_code
    raise refusal


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left

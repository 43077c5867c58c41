"""One window of a kind per user: a second start hands its message to the first.

A lock that the kernel takes back when its holder dies says who is first, so nothing that a killed
window leaves behind is ever in the way. The socket beside it only carries messages: a Unix socket
in the user's own folder, or, where there are none or the folder's path is too long for one, a
loopback port with a secret.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trayapp.errors import WindowError
from trayapp.language.catalogue import _

MESSAGE_LIMIT_BYTES = 64 * 1024
ANSWER_SECONDS = 6.0
"""How long the first window may be busy, with reading and drawing, before a second start fails."""


class Listener:
    """The first window's end: holds the lock and receives the messages of later starts."""

    def __init__(self, lock: int, server: socket.socket, files: tuple[Path, ...], token: str):
        self._lock = lock
        self._server = server
        self._files = files
        self._token = token

    def poll(self) -> dict[str, Any] | None:
        """Return the next message, or None if there is none; never raises for bad messages."""
        try:
            connection, _ = self._server.accept()
        except OSError:
            return None
        with connection, contextlib.suppress(OSError, ValueError, RecursionError):
            connection.settimeout(0.5)
            message = json.loads(_read_line(connection))
            if isinstance(message, dict) and message.pop("token", "") == self._token:
                connection.sendall(b"ok\n")
                return message
        return None

    def close(self) -> None:
        """Make room for another first window."""
        self._server.close()
        for file in self._files:
            file.unlink(missing_ok=True)
        os.close(self._lock)


def claim(folder: Path, name: str, message: Mapping[str, Any]) -> Listener | None:
    """Become the one window called `name`, or hand `message` to the one there is.

    Returns: the listener of the first window; None if another one has taken the message.
    Raises: WindowError if another one does not answer, or the folder cannot be used.
    """
    deadline = time.monotonic() + ANSWER_SECONDS
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            if (lock := _try_lock(folder / f"{name}.lock")) is not None:
                return _listen(folder, name, lock)
            if _hand_over(folder, name, message):
                return None
            if time.monotonic() > deadline:
                text = _("the open window ({name}) does not respond; close it and try again")
                raise WindowError(text.format(name=name))
            time.sleep(0.05)
    except OSError as error:
        text = _("cannot use the folder {folder}: {reason}")
        reason = error.strerror or error
        raise WindowError(text.format(folder=folder, reason=reason)) from error


def _try_lock(path: Path) -> int | None:
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _listen(folder: Path, name: str, lock: int) -> Listener:
    file, port_file = folder / f"{name}.sock", folder / f"{name}.port"
    server: socket.socket | None = None
    token = ""
    try:
        for leftover in (file, port_file):
            leftover.unlink(missing_ok=True)
        if hasattr(socket, "AF_UNIX") and sys.platform != "win32":
            server = socket.socket(socket.AF_UNIX)
            try:
                server.bind(str(file))
                file.chmod(0o600)
            except OSError:  # the path is too long, or the file system knows no sockets
                server.close()
                server = None
        if server is None:
            token = secrets.token_hex(16)
            server = socket.socket(socket.AF_INET)
            server.bind(("127.0.0.1", 0))
            handle = os.open(port_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w") as text:
                text.write(f"{server.getsockname()[1]} {token}\n")
        server.listen(4)
        server.setblocking(False)
    except BaseException:
        if server is not None:
            server.close()
        os.close(lock)
        raise
    return Listener(lock, server, (file, port_file), token)


def _hand_over(folder: Path, name: str, message: Mapping[str, Any]) -> bool:
    """Return whether the first window has taken the message; it may not listen yet, or no more."""
    file, port_file = folder / f"{name}.sock", folder / f"{name}.port"
    token = ""
    address: Any = str(file)
    family = socket.AF_INET
    with contextlib.suppress(OSError, ValueError):
        port, token = port_file.read_text().split()
        address = ("127.0.0.1", int(port))
    if not token:
        if not hasattr(socket, "AF_UNIX") or sys.platform == "win32":
            return False
        family = socket.AF_UNIX
    with socket.socket(family) as client:
        client.settimeout(ANSWER_SECONDS)
        try:
            client.connect(address)
            client.sendall(json.dumps({**message, "token": token}).encode() + b"\n")
            return _read_line(client) == b"ok\n"
        except (OSError, ValueError):
            return False


def _read_line(connection: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        part = connection.recv(4096)
        if not part or len(line) > MESSAGE_LIMIT_BYTES:
            raise ValueError("no whole message")
        line += part
    return line

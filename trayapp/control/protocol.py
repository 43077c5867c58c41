"""The protocol of the control socket: where it is, who may use it, and its messages.

A client sends one line of JSON, gets one line back, and that is all for this connection:
`{"verb": "status", "arguments": {}}`, answered by `{"result": {...}}` or by
`{"error": "what happened and what to do", "exit_code": 1}`.

The socket is a Unix one that only this user can reach. Where there is none (Windows, a file system
without sockets) it is TCP on this machine's loopback address; as every program of every user could
connect to that, a request carries the secret "token" from a file that only this user can read.

Probes and guarded runs answer in the same way, each under its own name (`process_endpoints.py`).
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from trayapp.dataclass import NamedTuple

CONTROL = "control"
"""The name of the resident Memtray's endpoint."""
SOCKET_ENDING, LOOPBACK_ENDING = ".sock", ".json"
SOCKET_NAME = CONTROL + SOCKET_ENDING
LOOPBACK_NAME = CONTROL + LOOPBACK_ENDING
REQUEST_LIMIT_BYTES = 64 * 1024
ANSWER_LIMIT_BYTES = 16 * 1024 * 1024

# One byte of sun_path is for the terminating zero; it has 104 on macOS and 108 on Linux.
_PATH_LIMIT_BYTES = 107 if sys.platform == "linux" else 103
_LOCAL_PEERCRED = 1  # <sys/un.h> of macOS
_SOL_LOCAL = 0


class Loopback(NamedTuple):
    """The port and secret of a server without a Unix socket."""

    port: int
    token: str


def encode(message: object) -> bytes:
    """Return one line of JSON. Raises: ValueError, TypeError, RecursionError if that cannot be."""
    return json.dumps(message, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> dict[str, object]:
    """Return the object in a line of JSON from anybody. Raises: ValueError for anything else."""
    try:
        message = json.loads(line, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("too deeply nested") from error
    if not isinstance(message, dict):
        raise ValueError("not an object")
    return message


@contextlib.contextmanager
def short_path(path: Path) -> Iterator[str]:
    """Yield a name of `path` that fits into a socket's address, good inside the block only.

    Addresses end at about 100 bytes, home folders do not. On Linux the folder is held open and
    reached through /proc.

    Raises: OSError if the path is too long and the system knows no shorter way.
    """
    if len(os.fsencode(path)) <= _PATH_LIMIT_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        name = Path("/proc/self/fd") / str(folder)
        if not name.exists():
            raise OSError(f"{path}: too long for a socket")
        yield str(name / path.name)
    finally:
        os.close(folder)


def is_own(connection: socket.socket) -> bool:
    """Return whether the process at the other end is this user's. Raises: OSError.

    Of a loopback connection this is not known; there the token decides.
    """
    if connection.family == socket.AF_INET:
        return True
    if hasattr(socket, "SO_PEERCRED"):
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        _pid, uid, _gid = struct.unpack("3I", credentials)
    else:
        # struct xucred of macOS: version, uid, and groups that do not matter.
        credentials = connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, 76)
        _version, uid = struct.unpack_from("2I", credentials)
    return bool(uid == os.geteuid())


def read_loopback(runtime: Path, name: str = CONTROL) -> Loopback:
    """Read the token file. Raises: OSError; ValueError if it holds something else."""
    content = decode((runtime / f"{name}{LOOPBACK_ENDING}").read_bytes())
    port, token = content.get("port"), content.get("token")
    if not isinstance(port, int) or not 0 < port < 65536 or not isinstance(token, str):
        raise ValueError("no port and token in it")
    return Loopback(port, token)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")

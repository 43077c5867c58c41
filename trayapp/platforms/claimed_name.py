"""A name that the kernel keeps for one process: unlike a file's, nobody can remove it."""

from __future__ import annotations

import os
import socket
import struct
import sys
from binascii import crc32
from contextlib import suppress
from pathlib import Path

from trayapp.errors import AlreadyRunningError
from trayapp.language.catalogue import _

_BACKLOG = 64
_TAIL = 60
"""Characters of the path that people see in lists of sockets; the sum tells paths apart."""


def claim_name(path: Path) -> socket.socket | None:
    """Claim an abstract socket's name for a lock file, for as long as the socket is open.

    Returns: None where there are no such names, or another user has taken it: the file decides.

    Raises: AlreadyRunningError if another process of this user has it.
    """
    if sys.platform != "linux":
        return None
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        claim.bind(_name(path))
        claim.listen(_BACKLOG)
        claim.setblocking(False)
    except OSError:
        claim.close()
    else:
        return claim
    pid = claimed_by(path)
    if pid is not None:
        text = _("Memtray is already running as process {pid}; to quit it: memtray quit")
        raise AlreadyRunningError(text.format(pid=pid))
    return None


def claimed_by(path: Path) -> int | None:
    """Return the pid of this user's process that has the name; None: nobody, or it is not known."""
    if sys.platform != "linux":
        return None
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        probe.connect(_name(path))
        credentials = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        pid, user, _group = struct.unpack("3i", credentials)
        return int(pid) if user == os.geteuid() else None
    return None


def dismiss_askers(claim: socket.socket) -> None:
    """Make room for others who ask whose name it is; to be called now and then."""
    with suppress(OSError):
        while True:
            claim.accept()[0].close()


def _name(path: Path) -> bytes:
    real = os.path.realpath(path)
    # A container may share the network, and with it such names, but not the file system.
    device = next(folder for folder in path.absolute().parents if folder.exists()).stat().st_dev
    told = crc32(f"{os.geteuid()}\0{device}\0{real}".encode("utf-8", "surrogateescape"))
    return b"\0memtray-%08x-%s" % (told, os.fsencode(real)[-_TAIL:])

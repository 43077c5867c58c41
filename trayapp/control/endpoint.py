"""The listening socket, and what tells clients where it is: for this user's eyes only."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from pathlib import Path

from trayapp.control.protocol import CONTROL, LOOPBACK_ENDING, SOCKET_ENDING, encode, short_path
from trayapp.dataclass import dataclass
from trayapp.errors import AlreadyRunningError, ControlError
from trayapp.language.catalogue import _

_BACKLOG = 64


@dataclass(slots=True)
class Endpoint:
    """A socket that listens, and the file by which it is found."""

    listener: socket.socket
    file: Path
    token: str | None = None
    """The secret that each request must carry; None for a Unix socket."""
    inode: tuple[int, int] = (0, 0)
    """Device and inode of the file, should another run have replaced it."""

    def __post_init__(self) -> None:
        self.inode = _inode(self.file)

    def is_reachable(self) -> bool:
        """Return whether clients still find it: its file is there, and no other's."""
        try:
            return _inode(self.file) == self.inode
        except OSError:
            return False

    def close(self) -> None:
        if self.listener.fileno() < 0:
            return  # By now the file may be the next run's, even with the same inode.
        self.listener.close()
        with contextlib.suppress(OSError):
            if _inode(self.file) == self.inode:
                self.file.unlink()


def open_endpoint(runtime: Path, *, loopback: bool, name: str = CONTROL) -> Endpoint:
    """Start to listen in the folder `runtime`, which is created and made private.

    A socket that a killed run has left is replaced. With `loopback`, or where the folder cannot
    hold a socket, it is TCP on the loopback address and a token file.

    Raises: AlreadyRunningError if somebody answers there; ControlError if it cannot be done.
    """
    try:
        _make_private(runtime)
        if not loopback:
            with contextlib.suppress(OSError):
                return _open_unix(runtime / f"{name}{SOCKET_ENDING}")
        return _open_loopback(runtime / f"{name}{LOOPBACK_ENDING}")
    except OSError as error:
        raise ControlError(
            _("Commands cannot reach this Memtray: {folder}: {reason}").format(
                folder=runtime, reason=error.strerror or error
            )
        ) from error


def _open_unix(path: Path) -> Endpoint:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with short_path(path) as address:
            _remove_stale(path, address)
            listener.bind(address)
        path.chmod(0o600)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
        return Endpoint(listener, path)
    except BaseException:
        listener.close()
        raise


def _remove_stale(path: Path, address: str) -> None:
    """Remove a socket on which nobody listens. Raises: AlreadyRunningError if somebody does."""
    if not path.is_socket():
        path.unlink(missing_ok=True)
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(address)
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except OSError:
            pass  # Too busy to answer is alive, too.
    raise AlreadyRunningError(_("Memtray is already running; to quit it: memtray quit"))


def _open_loopback(path: Path) -> Endpoint:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            # On Windows anybody could else listen on the same port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
        token = os.urandom(32).hex()
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(encode({"port": listener.getsockname()[1], "token": token}))
        new.replace(path)
        return Endpoint(listener, path, token)
    except BaseException:
        listener.close()
        raise


def _make_private(folder: Path) -> None:
    """Make sure that nobody else can enter. Raises: OSError, ControlError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not hasattr(os, "geteuid"):
        return  # On Windows the user's own folders are private.
    if folder.stat().st_uid == os.geteuid() and folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    found = folder.stat()
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        template = _(
            "other users can access {folder}; set XDG_RUNTIME_DIR or MEMTRAY_HOME to another folder"
        )
        raise ControlError(template.format(folder=folder))


def _inode(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino

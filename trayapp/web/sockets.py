"""The listening socket: on which address, and who has the port where it is taken."""

from __future__ import annotations

import errno
import os
import socket

from trayapp.errors import MemtrayError, UsageError
from trayapp.language.catalogue import _

_BACKLOG = 256


class PortTakenError(MemtrayError):
    """Somebody else listens on the port."""


def listen(bind: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0: any that is free.

    Raises: PortTakenError; UsageError for an address that this machine does not have.
    """
    address = bind.strip("[]")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            # So that a server can be started again at once; on Windows others could listen, too.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        elif hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        listener.bind((address, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
        return listener
    except OSError as error:
        listener.close()
        raise _refusal(error, bind, port) from error
    except BaseException:
        listener.close()
        raise


def _refusal(error: OSError, bind: str, port: int) -> MemtrayError:
    if error.errno in (errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", errno.EADDRINUSE)):
        holder = who_listens(port)
        text = _("Port {port} is taken; choose another with --port, or 0 for any")
        if holder:
            text = _("Port {port} is taken by {program}; choose another with --port, or 0 for any")
        return PortTakenError(text.format(port=port, program=holder))
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        text = _("This machine does not have the address {address}")
        return UsageError(text.format(address=bind))
    text = _("Cannot listen on {address}, port {port}: {reason}")
    return MemtrayError(text.format(address=bind, port=port, reason=error.strerror))


def who_listens(port: int) -> str:
    """Return the name and pid of the program that listens on a port; empty: not known."""
    # Only now: psutil is larger than the rest of this room.
    import psutil

    try:
        for one in psutil.net_connections("tcp"):
            is_it = one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port
            if is_it and one.pid:
                return f"{psutil.Process(one.pid).name()} (pid {one.pid})"
    except (psutil.Error, OSError):
        pass
    return ""

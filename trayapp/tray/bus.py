"""A connection to the session bus that a poll loop can drive and that never waits without end."""

from __future__ import annotations

import itertools
import logging
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, HeaderFields, Message, MessageType, Parser, new_method_call
from jeepney.bus import get_connectable_addresses
from jeepney.io.blocking import prep_socket

BUS_NAME = "org.freedesktop.DBus"
BUS = DBusAddress("/org/freedesktop/DBus", BUS_NAME, BUS_NAME)
_TIMEOUT_SECONDS = 2.0
_log = logging.getLogger(__name__)


class BusError(Exception):
    """There is no session bus, or it does not answer as one."""


class SessionBus:
    """One connection; every method is for the thread that made it.

    Every method may raise OSError (of which TimeoutError and ConnectionError are kinds): the
    connection is useless then. jeepney's own connection waits without end in its first call, and
    loses its place in the stream after a message that it cannot read.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        """Connect to the session bus of `env`. Raises: BusError, OSError."""
        self.socket = _connect(env)
        self.socket.settimeout(_TIMEOUT_SECONDS)
        self._parser = Parser()
        self._serials = itertools.count(1)
        try:
            (name,) = self.call(BUS, "Hello")
        except BaseException:
            self.close()
            raise
        self.unique_name = str(name)

    def close(self) -> None:
        """Let go: to others on the bus, and so to the tray, everything here disappears."""
        self.socket.close()

    def send(self, message: Message) -> int:
        """Send a message; returns the serial number that its reply will name."""
        serial = next(self._serials)
        self.socket.sendall(message.serialise(serial=serial))
        return serial

    def read(self) -> list[Message]:
        """Everything that has come; call when the socket is readable, else it waits."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionResetError("the session bus closed the connection")
        self._parser.add_data(data)
        return list(self._parsed())

    def call(
        self, to: DBusAddress, method: str, signature: str = "", body: tuple[Any, ...] = ()
    ) -> tuple[Any, ...]:
        """Call and wait for the answer; drops what else comes, so only for before the loop.

        Raises: BusError for an error reply; OSError, TimeoutError after 2 s.
        """
        serial = self.send(new_method_call(to, method, signature or None, body))
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            for message in self.read():
                if message.header.fields.get(HeaderFields.reply_serial) != serial:
                    continue
                if message.header.message_type is MessageType.error:
                    raise BusError(f"{method}: {error_text(message)}")
                return tuple(message.body)
        raise TimeoutError(f"{method}: no answer within {_TIMEOUT_SECONDS:g} s")

    def has_owner(self, name: str) -> bool:
        """Whether somebody holds the well-known `name`. As `call`."""
        (answer,) = self.call(BUS, "NameHasOwner", "s", (name,))
        return bool(answer)

    def _parsed(self) -> Iterator[Message]:
        """Take every whole message out of the parser, as no select would tell of them again."""
        while True:
            waiting_bytes = self._parser.buf.bytes_buffered
            try:
                message = self._parser.get_next_message()
            except Exception as error:
                # jeepney raises anything for a header or body it does not know. It has taken the
                # message's bytes then, but not noted that the next message has its own length.
                if self._parser.buf.bytes_buffered == waiting_bytes:
                    raise ConnectionError("the session bus sent what is no message") from error
                self._parser.next_msg_size = None
                _log.debug("skipped an unreadable message from the bus", exc_info=True)
                continue
            if message is None:
                return
            yield message


def error_text(message: Message) -> str:
    """What an error reply says, with its name."""
    name = str(message.header.fields.get(HeaderFields.error_name, "error"))
    return f"{name}: {message.body[0]}" if message.body else name


def _connect(env: Mapping[str, str]) -> socket.socket:
    failure: Exception | None = None
    for path in _socket_paths(env):
        try:
            connected: socket.socket = prep_socket(path, timeout=_TIMEOUT_SECONDS)
        except (OSError, ValueError) as error:  # ValueError: the bus refused to authenticate us
            failure = error
        else:
            return connected
    raise BusError(f"the D-Bus session bus cannot be reached: {failure}") from failure


def _socket_paths(env: Mapping[str, str]) -> list[str]:
    """Where the bus may be, best first; never empty. Raises: BusError."""
    if address := env.get("DBUS_SESSION_BUS_ADDRESS"):
        try:
            return list(get_connectable_addresses(address))
        except (ValueError, RuntimeError) as error:
            raise BusError(f"cannot use DBUS_SESSION_BUS_ADDRESS {address!r}") from error
    # Where systemd puts it; a start from cron or ssh often lacks the variable.
    if (folder := env.get("XDG_RUNTIME_DIR")) and (path := Path(folder) / "bus").exists():
        return [str(path)]
    raise BusError("there is no D-Bus session bus (DBUS_SESSION_BUS_ADDRESS is not set)")

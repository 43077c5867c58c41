"""A connection to the session bus in which no wait is without end."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from jeepney import DBusAddress, HeaderFields, Message, MessageType, Parser, new_method_call
from jeepney.bus import get_bus
from jeepney.io.blocking import prep_socket

_HANGS = "the session bus does not answer"
_BUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")


class BusError(Exception):
    """The bus or a service on it answered with an error."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}" if text else name)
        self.name = name


def find_session_bus(env: Mapping[str, str] = os.environ) -> str:
    """The address of this session's bus.

    Without `DBUS_SESSION_BUS_ADDRESS` it is where systemd puts it.

    Raises: ConnectionError if there is none.
    """
    if address := env.get("DBUS_SESSION_BUS_ADDRESS"):
        return address
    if (folder := env.get("XDG_RUNTIME_DIR")) and (Path(folder) / "bus").exists():
        return f"unix:path={folder}/bus"
    raise ConnectionError("no session bus")


class SessionBus:
    """One connection, for one thread. Deadlines are of the monotonic clock, in seconds.

    An OSError or ValueError leaves it unusable: close it. Only a TimeoutError does not: the reply
    may still come, and goes to whoever reads next.

    jeepney's own connection waits for ever in its first call, and its selector cannot be shared.
    """

    def __init__(self, address: str, deadline: float) -> None:
        """Connect. Raises: OSError or ValueError."""
        try:
            path = get_bus(address)
        except (RuntimeError, StopIteration) as error:
            raise ValueError(f"cannot use the bus address {address!r}") from error
        try:
            self._socket = prep_socket(path, timeout=_left(deadline))
        except TimeoutError as error:
            raise ConnectionError(_HANGS) from error
        self._parser = Parser()
        self._serials = itertools.count(1)
        try:
            self.call_bus("Hello", deadline)
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        """What becomes readable when messages come."""
        return int(self._socket.fileno())

    def send(self, message: Message, deadline: float) -> int:
        """Send; returns the serial by which a reply is known. Raises: OSError, ValueError."""
        serial = next(self._serials)
        self._socket.settimeout(_left(deadline))
        try:
            self._socket.sendall(message.serialise(serial=serial))
        except TimeoutError as error:
            raise ConnectionError(_HANGS) from error
        return serial

    def reply_to(
        self, serial: int, deadline: float, on_other: Callable[[Message], None] = lambda _: None
    ) -> Message:
        """Wait for the reply to `serial`; other messages before it go to `on_other`.

        Raises: BusError for an error reply; TimeoutError at the deadline; OSError, ValueError.
        """
        while True:
            message = self._receive(deadline)
            if message.header.fields.get(HeaderFields.reply_serial) != serial:
                on_other(message)
            elif message.header.message_type is MessageType.error:
                raise bus_error(message)
            else:
                return message

    def call_bus(self, method: str, deadline: float, *arguments: str) -> Message:
        """Call a method of the bus itself, whose arguments are strings.

        Raises: BusError for an error reply; OSError, ValueError.
        """
        message = new_method_call(_BUS, method, "s" * len(arguments) or None, arguments)
        try:
            return self.reply_to(self.send(message, deadline), deadline)
        except TimeoutError as error:
            raise ConnectionError(_HANGS) from error

    def take(self) -> list[Message]:
        """The messages that are there; never waits. Raises: OSError, ValueError."""
        self._socket.settimeout(0)
        messages = []
        try:
            while True:
                while (message := self._parsed()) is None:
                    self._read()
                messages.append(message)
        except BlockingIOError:
            return messages

    def close(self) -> None:
        """Let go of the bus."""
        self._socket.close()

    def _receive(self, deadline: float) -> Message:
        while (message := self._parsed()) is None:
            self._socket.settimeout(_left(deadline))
            self._read()
        return message

    def _parsed(self) -> Message | None:
        try:
            return self._parser.get_next_message()
        except Exception as error:  # jeepney raises anything for a malformed message
            raise ConnectionError("the session bus sent what cannot be read") from error

    def _read(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionResetError("the session bus has ended")
        self._parser.add_data(data)


def bus_error(message: Message) -> BusError:
    """The error reply as an exception."""
    text = message.body[0] if message.body and isinstance(message.body[0], str) else ""
    return BusError(message.header.fields.get(HeaderFields.error_name, "error"), text)


def _left(deadline: float) -> float:
    """Seconds until the deadline. Raises: TimeoutError if it is over."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left

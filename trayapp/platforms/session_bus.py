"""A connection to the D-Bus session bus (Linux) in which no wait is without end.

jeepney's own connection waits for ever in its first call, cannot share a poll loop, and loses its
place in the stream after a message that it cannot read.
"""

from __future__ import annotations

import itertools
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jeepney import DBusAddress, HeaderFields, Message, MessageType, Parser, new_method_call
from jeepney.auth import BEGIN, Authenticator
from jeepney.bus import get_connectable_addresses

from trayapp.language.catalogue import N_, _
from trayapp.log import Log

BUS_NAME = "org.freedesktop.DBus"
BUS = DBusAddress("/org/freedesktop/DBus", BUS_NAME, BUS_NAME)
_TIMEOUT_SECONDS = 2.0
_HANGS = N_("the D-Bus session bus does not respond")
_log = Log(__name__)


class BusError(Exception):
    """The bus, or a service on it, answered with an error."""

    def __init__(self, name: str, text: str = "") -> None:
        super().__init__(f"{name}: {text}" if text else name)
        self.name = name


class SessionBus:
    """One connection, for one thread. Deadlines are of the monotonic clock; None: in two seconds.

    Any OSError (ConnectionError is one) leaves it useless: close it. Only a TimeoutError does not:
    the reply may still come, and goes to whoever reads next.
    """

    def __init__(
        self, env: Mapping[str, str] = os.environ, *, deadline: float | None = None
    ) -> None:
        """Connect to the session bus of `env`. Raises: OSError, with a line that says why not."""
        deadline = _deadline(deadline)
        self.socket = _connect(env, deadline)
        self._parser = Parser()
        self._serials = itertools.count(1)
        try:
            (name,) = self.call(BUS, "Hello", deadline=deadline)
        except TimeoutError as error:
            self.close()
            raise ConnectionError(_(_HANGS)) from error
        except BusError as error:
            self.close()
            template = _("the D-Bus session bus refused the connection: {reason}")
            raise ConnectionError(template.format(reason=error)) from error
        except BaseException:
            self.close()
            raise
        self.unique_name = str(name)

    def fileno(self) -> int:
        return int(self.socket.fileno())

    def close(self) -> None:
        self.socket.close()

    def send(self, message: Message, deadline: float | None = None) -> int:
        """Send; returns the serial number that a reply will name. Raises: OSError."""
        serial = next(self._serials)
        self.socket.settimeout(_left(_deadline(deadline)))
        try:
            self.socket.sendall(message.serialise(serial=serial))
        except TimeoutError as error:
            # Half a message may be on its way: nothing can follow it.
            raise ConnectionError(_(_HANGS)) from error
        return serial

    def receive(self) -> list[Message]:
        """Return every message that has come; never wait. Raises: OSError."""
        self.socket.settimeout(0)
        messages = list(self._parsed())
        try:
            while True:
                self._read()
                messages += self._parsed()
        except BlockingIOError:
            return messages

    def reply_to(
        self,
        serial: int,
        deadline: float | None = None,
        on_other: Callable[[Message], object] = lambda _: None,
    ) -> Message:
        """Wait for the reply to `serial`; messages before it go to `on_other`.

        What came behind it is left for `receive`, which must be called before waiting for more.

        Raises: BusError for an error reply; TimeoutError at the deadline; OSError.
        """
        deadline = _deadline(deadline)
        while True:
            for message in self._parsed():
                if message.header.fields.get(HeaderFields.reply_serial) != serial:
                    on_other(message)
                elif message.header.message_type is MessageType.error:
                    raise as_error(message)
                else:
                    return message
            self.socket.settimeout(_left(deadline))
            self._read()

    def call(
        self,
        to: DBusAddress,
        method: str,
        signature: str = "",
        body: tuple[Any, ...] = (),
        *,
        deadline: float | None = None,
    ) -> tuple[Any, ...]:
        """Call and wait for the answer; drops what comes before it, so only for before a loop.

        Raises: as `reply_to`.
        """
        deadline = _deadline(deadline)
        serial = self.send(new_method_call(to, method, signature or None, body), deadline)
        return tuple(self.reply_to(serial, deadline).body)

    def has_owner(self, name: str) -> bool:
        """Return whether somebody holds the well-known `name`. Raises: as `reply_to`."""
        (answer,) = self.call(BUS, "NameHasOwner", "s", (name,))
        return bool(answer)

    def _read(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionResetError(_("the D-Bus session bus has shut down"))
        self._parser.add_data(data)

    def _parsed(self) -> Iterator[Message]:
        """Yield every whole message of the parser, as no select would report them again."""
        while True:
            waiting_bytes = self._parser.buf.bytes_buffered
            try:
                message = self._parser.get_next_message()
            except Exception as error:
                # jeepney raises anything for a header or body it does not know. It has taken the
                # message's bytes then, but not noted that the next message has its own length.
                if self._parser.buf.bytes_buffered == waiting_bytes:
                    raise ConnectionError(
                        _("the D-Bus session bus sent an invalid message")
                    ) from error
                self._parser.next_msg_size = None
                _log.debug("skipped an unreadable message from the bus", exc_info=True)
                continue
            if message is None:
                return
            yield message


def as_error(reply: Message) -> BusError:
    text = reply.body[0] if reply.body and isinstance(reply.body[0], str) else ""
    return BusError(str(reply.header.fields.get(HeaderFields.error_name, "error")), text)


def _connect(env: Mapping[str, str], deadline: float) -> socket.socket:
    """Return a socket of the first bus that accepts us. Raises: OSError, of the likeliest."""
    failure: Exception | None = None
    from trayapp.platforms.bus_places import addresses

    for address in addresses(env):
        try:
            return _connect_to(address, deadline)
        except OSError as error:
            failure = failure or error
    if failure is None:
        failure = ConnectionError(_("no D-Bus session bus (DBUS_SESSION_BUS_ADDRESS is not set)"))
    raise failure


def _connect_to(address: str, deadline: float) -> socket.socket:
    try:
        paths = list(get_connectable_addresses(address))
    except (ValueError, RuntimeError) as error:
        template = _("cannot use DBUS_SESSION_BUS_ADDRESS {address}")
        raise ConnectionError(template.format(address=repr(address))) from error
    failure: Exception | None = None
    for path in paths:
        try:
            return _authenticated(path, deadline)
        except TimeoutError as error:
            failure = ConnectionError(_(_HANGS))
            failure.__cause__ = error
        except (OSError, ValueError) as error:  # ValueError: the bus refused to authenticate us
            failure = error
    template = _("the D-Bus session bus cannot be reached: {reason}")
    raise ConnectionError(template.format(reason=_reason(failure))) from failure


def _authenticated(path: str | bytes, deadline: float) -> socket.socket:
    """Return a socket on which messages may be sent. Raises: OSError; ValueError if refused.

    jeepney's own loads a connection, proxies and filters with it, which nothing here needs.
    """
    made = socket.socket(socket.AF_UNIX)
    try:
        made.settimeout(_left(deadline))
        made.connect(path)
        authenticator = Authenticator()
        for request in authenticator:
            made.settimeout(_left(deadline))
            made.sendall(request)
            answer = made.recv(1024)
            if not answer:
                raise ConnectionResetError(_("the D-Bus session bus has shut down"))
            authenticator.feed(answer)
        made.sendall(BEGIN)
    except BaseException:
        made.close()
        raise
    return made


def _deadline(given: float | None) -> float:
    return time.monotonic() + _TIMEOUT_SECONDS if given is None else given


def _left(deadline: float) -> float:
    """Return the seconds until the deadline. Raises: TimeoutError if it is over."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _reason(failure: Exception | None) -> str:
    return str(getattr(failure, "strerror", None) or failure)

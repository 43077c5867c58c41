"""The server of the control socket: a thread that answers this user's other processes."""

from __future__ import annotations

import contextlib
import math
import os
import selectors
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from trayapp.control.endpoint import open_endpoint
from trayapp.control.following import Feed
from trayapp.control.protocol import CONTROL, REQUEST_LIMIT_BYTES, encode, is_own
from trayapp.control.requests import parse_request, refusal
from trayapp.errors import ControlError, MemtrayError
from trayapp.language.catalogue import _
from trayapp.log import Log

Handler = Callable[[Mapping[str, object]], Mapping[str, object]]

CLIENT_LIMIT_SECONDS = 5.0
"""How long a client may take to send its request, and again to fetch the answer."""
MOST_CLIENTS = 32
"""Connections at the same time; for one more, one that has asked nothing yet has to go."""
SILENT_SECONDS = 0.1
"""So long each may take in any case to send its request."""
MOST_CALLS = 4
"""Handlers that run at the same time; more wait for one of these to end."""

_STOP_LIMIT_SECONDS = 1.0
_PAUSE_SECONDS = 1.0
_logger = Log(__name__)


class _Client:
    """One connection: its request comes in, is worked on, and its answer goes out."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.received = bytearray()
        self.unsent = memoryview(b"")
        self.deadline_seconds: float | None = time.monotonic() + CLIENT_LIMIT_SECONDS
        """For the step it is in; None while we work."""

    @property
    def is_received(self) -> bool:
        """Whether its request has come in completely."""
        return self.deadline_seconds is None or bool(self.unsent)


class ControlServer(threading.Thread):
    """Answers requests; the thread sleeps until somebody connects.

    A slow, stuck or hostile client delays nobody but itself, and so does a slow handler.
    """

    def __init__(
        self,
        runtime: Path,
        handlers: Mapping[str, Handler | Feed],
        counting: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
        *,
        loopback: bool = sys.platform == "win32",
        name: str = CONTROL,
        keep: Callable[[Callable[[], None]], None] = lambda body: body(),
        pulse: Callable[[float | None], None] = lambda _limit_seconds: None,
    ) -> None:
        """Listen in the folder `runtime`; `start` starts to answer, `stop` is due in any case.

        `name` is the one by which clients find it there.

        `handlers` maps verbs to what they do: from the request's arguments, which may be anything
        JSON can say, to the answer. Each call is in a thread of its own, up to `MOST_CALLS` at the
        same time, surrounded by `counting`. A MemtrayError reaches the client with its text and
        exit code. A handler must not call `stop`, which waits for it. A `Feed` instead of a handler
        takes the connection over. `keep` runs the thread's
        body, and runs it again should it fail; `pulse` is called with 0.0 when there is something
        to do, and with None before the thread waits.

        Raises: AlreadyRunningError, ControlError.
        """
        super().__init__(name=name, daemon=True)
        self._handlers = dict(handlers)
        self._counting = counting
        self._keep, self._pulse = keep, pulse
        self._runtime, self._loopback = runtime, loopback
        self._endpoint = open_endpoint(runtime, loopback=loopback, name=name)
        self._identity = _identity(self._endpoint.listener)
        self._selector = selectors.DefaultSelector()
        self._wake_receiver, self._wake_sender = socket.socketpair()
        self._wake_receiver.setblocking(False)
        self._wake_sender.setblocking(False)
        self._selector.register(self._wake_receiver, selectors.EVENT_READ)
        self._clients: set[_Client] = set()
        self._is_accepting = False
        self._accept_from_seconds = 0.0
        self._calls: deque[tuple[_Client, Handler, Mapping[str, object]]] = deque()
        self._running: dict[_Client, threading.Thread] = {}
        self._has_begun = False
        self._answers: deque[tuple[_Client, bytes]] = deque()
        self._stop_at_seconds: float | None = None
        self._is_lost = False
        """Whether the socket is to be made again, as its file is gone."""
        self._last_resort = refusal(
            ControlError(
                _("Internal error in Memtray: {reason}").format(reason=MemoryError.__name__)
            )
        )
        """Made before memory is short."""

    def restore(self) -> None:
        """Make the socket again if its file has been removed. Any thread; does not wait."""
        if (
            not self._is_lost
            and self._stop_at_seconds is None
            and not self._endpoint.is_reachable()
        ):
            self._is_lost = True
            self._wake()

    def stop(self, limit_seconds: float = _STOP_LIMIT_SECONDS) -> None:
        """Remove the socket, finish what is being answered, but not longer. Any thread."""
        self._stop_at_seconds = time.monotonic() + limit_seconds
        self._wake()
        if self.ident is None:
            self._close()
        else:
            self.join(5 * limit_seconds)

    def is_intact(self) -> bool:
        """Return whether it can be reached: a program may have closed its descriptors. Any thread.

        Its thread does not notice: it goes on waiting at what is closed.
        """
        try:
            return _identity(self._endpoint.listener) == self._identity
        except OSError:
            return False

    def disown(self) -> None:
        """Close nothing from now on: its descriptors are closed, or are something else by now."""
        for each in (self._endpoint.listener, self._wake_receiver, self._wake_sender):
            each.detach()

    def abandon(self) -> None:
        """Release everything without disturbing the parent: in a child that was just forked.

        The parent's thread is not in the child. Nothing is taken out of the selector, which both
        share, and no file is removed.
        """
        self._selector.close()
        self._endpoint.listener.close()
        self._wake_receiver.close()
        self._wake_sender.close()
        for client in self._clients:
            client.connection.close()

    def run(self) -> None:
        """Answer until stopped. The control thread."""
        try:
            self._keep(self._serve)
        finally:
            # Else another thread goes on with it.
            if self._stop_at_seconds is not None:
                self._close()

    def _serve(self) -> None:
        """Answer until stopped; begun anew, without whoever may have been the reason."""
        if self._has_begun:
            self._begin_again()
        self._has_begun = True
        while self._stop_at_seconds is None:
            if self._is_lost:
                self._open_again()
            self._set_accepting()
            self._serve_once()
        self._set_accepting()
        self._endpoint.close()
        self._drop([client for client in self._clients if not client.is_received])
        while self._clients and time.monotonic() < self._stop_at_seconds:
            self._serve_once()

    def _begin_again(self) -> None:
        """Keep only the clients that are being worked for: all else may be half done."""
        self._selector.close()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake_receiver, selectors.EVENT_READ)
        self._is_accepting = False
        self._running = {
            client: thread for client, thread in self._running.items() if thread.is_alive()
        }
        waiting = {each[0] for each in (*self._calls, *self._answers)} | self._running.keys()
        for client in self._clients - waiting:
            client.connection.close()
        self._clients &= waiting

    def _open_again(self) -> None:
        """Listen under the same name again, in a folder that may be new. Raises: ControlError."""
        self._is_lost = False
        endpoint = open_endpoint(self._runtime, loopback=self._loopback, name=self.name)
        if self._is_accepting:
            self._selector.unregister(self._endpoint.listener)
            self._is_accepting = False
        self._endpoint.listener.close()
        self._endpoint, self._identity = endpoint, _identity(endpoint.listener)

    def _serve_once(self) -> None:
        """Wait until a socket is ready or an answer is there, and handle it."""
        timeout_seconds = self._timeout_seconds()
        self._pulse(None)
        ready = self._selector.select(timeout_seconds)
        self._pulse(0.0)
        for key, _mask in ready:
            if key.fileobj is self._endpoint.listener:
                self._accept()
            elif key.fileobj is self._wake_receiver:
                with contextlib.suppress(BlockingIOError):
                    self._wake_receiver.recv(4096)
            elif isinstance(key.data, _Client):
                self._serve_client(key.data)
        while self._answers:
            client, answer = self._answers.popleft()
            self._running.pop(client, None)
            if client in self._clients:
                self._answer(client, answer)
        self._start_calls()
        now = time.monotonic()
        self._drop([c for c in self._clients if c.deadline_seconds and c.deadline_seconds < now])

    def _serve_client(self, client: _Client) -> None:
        try:
            if client.unsent:
                self._send(client)
            else:
                self._receive(client)
        except Exception:  # What is wrong about one client, or for one, is not the others' fault.
            self._drop([client])
            _logger.exception("a client of the control socket was dropped")

    def _timeout_seconds(self) -> float | None:
        moments = [c.deadline_seconds for c in self._clients if c.deadline_seconds is not None]
        if self._stop_at_seconds is not None:
            moments.append(self._stop_at_seconds)
        elif not self._is_accepting:
            moments.append(max(self._accept_from_seconds, self._room_from_seconds()))
        wait = min(moments, default=math.inf) - time.monotonic()
        return None if wait == math.inf else max(0.0, wait)

    def _room_from_seconds(self) -> float:
        """Return from when on there is a place for one more, as things are."""
        if len(self._clients) < MOST_CLIENTS:
            return 0.0
        silent = self._most_silent()
        if silent is None or silent.deadline_seconds is None:
            return math.inf
        return silent.deadline_seconds - CLIENT_LIMIT_SECONDS + SILENT_SECONDS

    def _most_silent(self) -> _Client | None:
        silent = [client for client in self._clients if not client.is_received]
        return min(silent, key=lambda client: client.deadline_seconds or 0.0, default=None)

    def _set_accepting(self) -> None:
        from_seconds = max(self._accept_from_seconds, self._room_from_seconds())
        wanted = time.monotonic() >= from_seconds and self._stop_at_seconds is None
        if wanted and not self._is_accepting:
            self._selector.register(self._endpoint.listener, selectors.EVENT_READ)
        elif self._is_accepting and not wanted:
            self._selector.unregister(self._endpoint.listener)
        self._is_accepting = wanted

    def _accept(self) -> None:
        try:
            connection, _ = self._endpoint.listener.accept()
        except BlockingIOError:
            return
        except OSError:
            # Out of descriptors: the client stays at the door, and trying at once would spin.
            self._accept_from_seconds = time.monotonic() + _PAUSE_SECONDS
            return
        try:
            connection.setblocking(False)
            accepted = is_own(connection)
        except OSError:
            accepted = False
        if not accepted:
            connection.close()
            return
        if len(self._clients) >= MOST_CLIENTS and (silent := self._most_silent()) is not None:
            self._drop([silent])
        client = _Client(connection)
        self._clients.add(client)
        self._selector.register(connection, selectors.EVENT_READ, client)

    def _receive(self, client: _Client) -> None:
        try:
            data = client.connection.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop([client])
            return
        client.received += data
        line, end, _ = client.received.partition(b"\n")
        if not end and len(line) <= REQUEST_LIMIT_BYTES:
            return
        self._selector.unregister(client.connection)
        client.received.clear()
        client.deadline_seconds = None
        try:
            handler, arguments = parse_request(bytes(line), self._handlers, self._endpoint.token)
        except MemtrayError as error:
            self._answer(client, refusal(error))
        else:
            if isinstance(handler, Feed):
                self._clients.discard(client)
                handler.add(client.connection)
            else:
                self._calls.append((client, handler, arguments))

    def _start_calls(self) -> None:
        while self._calls and len(self._running) < MOST_CALLS:
            call = self._calls.popleft()
            thread = threading.Thread(target=self._work, args=call, name="command", daemon=True)
            self._running[call[0]] = thread
            try:
                thread.start()
            except RuntimeError as error:  # No more threads: the limit of the user or the system.
                self._answers.append(
                    (
                        call[0],
                        refusal(ControlError(_("Cannot start: {reason}").format(reason=error))),
                    )
                )
                self._wake()

    def _work(self, client: _Client, handler: Handler, arguments: Mapping[str, object]) -> None:
        """Call a handler. A thread of its own."""
        answer = self._last_resort
        try:
            with self._counting():
                answer = encode({"result": dict(handler(arguments))})
        except MemtrayError as error:
            answer = refusal(error)
        except OSError as error:
            _logger.exception("a command was stopped by the system")
            text = _("The system does not allow it: {reason}").format(
                reason=error.strerror or type(error).__name__
            )
            answer = refusal(ControlError(text))
        except Exception as error:
            # A handler's mistake is its client's bad luck; Memtray goes on.
            _logger.exception("a command failed")
            text = _("Internal error in Memtray: {reason}").format(reason=type(error).__name__)
            answer = refusal(ControlError(text))
        finally:
            # Else its client would wait, and its place among those that run be lost.
            self._answers.append((client, answer))
            self._wake()

    def _answer(self, client: _Client, answer: bytes) -> None:
        client.unsent = memoryview(answer)
        client.deadline_seconds = time.monotonic() + CLIENT_LIMIT_SECONDS
        self._selector.register(client.connection, selectors.EVENT_WRITE, client)

    def _send(self, client: _Client) -> None:
        try:
            client.unsent = client.unsent[client.connection.send(client.unsent) :]
        except BlockingIOError:
            return
        except OSError:
            client.unsent = memoryview(b"")  # It did not wait for the answer.
        if not client.unsent:
            self._drop([client])

    def _drop(self, clients: list[_Client]) -> None:
        for client in clients:
            self._clients.discard(client)
            with contextlib.suppress(KeyError):
                self._selector.unregister(client.connection)
            client.connection.close()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # Full: it is awake. Closed: it has ended.
            self._wake_sender.send(b"\0")

    def _close(self) -> None:
        self._endpoint.close()
        self._drop(list(self._clients))
        self._selector.close()
        self._wake_receiver.close()
        self._wake_sender.close()


def _identity(listener: socket.socket) -> tuple[int, int]:
    """Return what tells this socket from whatever gets its number later. Raises: OSError."""
    if sys.platform == "win32":
        return 0, listener.fileno()
    found = os.fstat(listener.fileno())
    return found.st_dev, found.st_ino

"""Clients that stay connected, and are sent each new state as one line of JSON.

Who asks with a verb of such a feed keeps the connection: one line comes at once, and one whenever
something is published. A follower that reads too slowly misses lines, never a part of one: what
comes next is the newest.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from trayapp.control.protocol import encode
from trayapp.control.requests import refusal
from trayapp.errors import ControlError
from trayapp.language.catalogue import _

MOST_FOLLOWERS = 8


class _Follower:
    """One connection, and what of a line is still to be sent."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.unsent = b""


class Feed:
    """Sends what `state` returns to all who follow it; costs nothing while nobody does."""

    def __init__(
        self,
        state: Callable[[], Mapping[str, object]],
        counting: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> None:
        """`state` must not block; calls of it, and the sending, are surrounded by `counting`."""
        self._state = state
        self._counting = counting
        self._lock = threading.Lock()
        self._followers: list[_Follower] = []

    def add(self, connection: socket.socket) -> None:
        """Take over a connection that does not block, and send the first line. Any thread."""
        follower = _Follower(connection)
        with self._lock:
            if len(self._followers) >= MOST_FOLLOWERS:
                text = _("Too many programs follow this Memtray; close one of them first")
                follower.unsent = refusal(ControlError(text))
                _is_alive(follower)
                connection.close()
                return
            self._followers.append(follower)
        self._send([follower])

    def publish(self) -> None:
        """Send the state of now to everybody. Any thread; does not wait for a follower."""
        if self._followers:
            with self._lock:
                followers = [*self._followers]
            self._send(followers)

    def close(self) -> None:
        """Send all away. Any thread."""
        with self._lock:
            for follower in self._followers:
                follower.connection.close()
            self._followers.clear()

    def _send(self, followers: list[_Follower]) -> None:
        with self._counting():
            # Rather than a queue: who has not taken the last line waits for a newer one.
            line = encode({"result": dict(self._state())})
            with self._lock:
                for follower in followers:
                    if not _is_alive(follower) or not (follower.unsent or _is_sent(follower, line)):
                        follower.connection.close()
                        self._followers = [one for one in self._followers if one is not follower]


def _is_sent(follower: _Follower, line: bytes) -> bool:
    follower.unsent = line
    return _is_alive(follower)


def _is_alive(follower: _Follower) -> bool:
    """Send what can be sent now; return whether the other side is still there."""
    try:
        with contextlib.suppress(BlockingIOError):
            # A follower says nothing: what can be read is the end.
            if follower.connection.recv(1) == b"":
                return False
        while follower.unsent:
            count = follower.connection.send(follower.unsent)
            follower.unsent = follower.unsent[count:]
    except BlockingIOError:
        return True
    except OSError:
        return False
    return True

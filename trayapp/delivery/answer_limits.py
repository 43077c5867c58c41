"""What an answer may take of the delivery child, whoever gives it: memory, time and redirects.

The libraries that send read an answer to its end, however long that is, and follow any redirect.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from trayapp.language.catalogue import _
from trayapp.language.units import MIB

ADDRESS_SPACE_BYTES = 320 * MIB
"""With Apprise and a service loaded it takes a fifth of that."""
ANSWER_BYTES = 1 * MIB
"""Of all answers to one message; a service's own are some kilobytes."""
MESSAGE_SECONDS = 60.0
"""For one message, with all that Apprise tries again."""
TOO_LONG = "answer without end"


def limit_memory() -> None:
    """Limit this process for good, where the system can: what decompresses counts here only."""
    try:
        import resource
    except ImportError:
        return
    with contextlib.suppress(OSError, ValueError):
        _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = (
            ADDRESS_SPACE_BYTES
            if hard == resource.RLIM_INFINITY
            else min(hard, ADDRESS_SPACE_BYTES)
        )
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


@contextlib.contextmanager
def limited_answers(address: str) -> Iterator[None]:
    """End this process if what happens inside takes too long; refuse answers without end.

    Redirects stay on the address's host, unless it says redirect=yes. Not for the resident: it
    changes what sockets do.
    """
    left = ANSWER_BYTES
    read_into = socket.SocketIO.readinto

    def read_limited(stream: socket.SocketIO, buffer: Any) -> int | None:
        nonlocal left
        count = read_into(stream, buffer)
        left -= count or 0
        if left < 0:
            raise OSError(TOO_LONG)
        return count

    timer = threading.Timer(MESSAGE_SECONDS, _give_up)
    timer.daemon = True
    timer.start()
    setattr(socket.SocketIO, "readinto", read_limited)  # noqa: B010 - types forbid the plain way
    try:
        with _kept_on_host(address):
            yield
    finally:
        setattr(socket.SocketIO, "readinto", read_into)  # noqa: B010
        timer.cancel()


def _give_up() -> None:
    """End the process at once: what hangs cannot be asked to stop. Its locks end with it."""
    sys.stderr.write(f"memtray: {_('no answer in time')}\n")
    sys.stderr.flush()
    os._exit(1)


@contextlib.contextmanager
def _kept_on_host(address: str) -> Iterator[None]:
    said = parse_qs(urlsplit(address).query).get("redirect", [""])[-1]
    if said.lower() in ("yes", "true", "1", "on"):
        yield
        return
    # Apprise has loaded it by now.
    sessions: Any = sys.modules.get("requests.sessions")
    if sessions is None:
        yield
        return
    target_of = sessions.SessionRedirectMixin.get_redirect_target

    def target_on_host(session: Any, response: Any) -> str | None:
        target = target_of(session, response)
        if target is None:
            return None
        here, there = urlsplit(response.url), urlsplit(target)
        is_kept = there.hostname in (None, here.hostname)
        is_kept &= there.scheme == "https" or here.scheme != "https" or not there.scheme
        return target if is_kept else None

    sessions.SessionRedirectMixin.get_redirect_target = target_on_host
    try:
        yield
    finally:
        sessions.SessionRedirectMixin.get_redirect_target = target_of

"""The names of running containers as Docker's or Podman's socket tells them."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

_LIMIT_SECONDS = 0.5
"""So long a runtime may take: whoever asks has other things to do."""
_PAUSE_SECONDS = 60.0
"""So long one that did not answer is not asked again."""
_AGAIN_SECONDS = 2.0
"""So old an answer may be before an ID that is not in it is asked for."""
_LARGEST_BYTES = 4 * 1024**2
_REQUEST = b"GET /containers/json HTTP/1.0\r\nHost: localhost\r\n\r\n"


class ContainerSockets:
    """Asks the sockets that this user may write to. All calls from one thread."""

    def __init__(
        self,
        root: str = "",
        *,
        runtime: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`runtime`: the folder of this session's sockets; None: XDG_RUNTIME_DIR."""
        runtime = os.environ.get("XDG_RUNTIME_DIR") if runtime is None else runtime
        paths = [f"{root}/var/run/docker.sock", f"{root}/run/podman/podman.sock"]
        if runtime:
            paths += [f"{runtime}/docker.sock", f"{runtime}/podman/podman.sock"]
        self._paths = paths
        self._clock = clock
        self._due: dict[str, float] = {}
        self._names: dict[str, tuple[str, ...]] = {}

    def names(self, identity: str) -> tuple[str, ...]:
        """Return the names of a running container; empty: nobody knows it, or may be asked."""
        if identity in self._names:
            return self._names[identity]
        found: dict[str, tuple[str, ...]] = {}
        is_asked = False
        for path in self._paths:
            now = self._clock()
            if now < self._due.get(path, now) or not os.access(path, os.W_OK):
                continue
            is_asked = True
            answer = _ask(path)
            self._due[path] = now + (_PAUSE_SECONDS if answer is None else _AGAIN_SECONDS)
            found |= answer or {}
        if is_asked:
            self._names = found
        return self._names.get(identity, ())


def _ask(path: str) -> dict[str, tuple[str, ...]] | None:
    """Return the names of all that run by their IDs; None: no answer that makes sense."""
    with suppress(OSError, ValueError, RecursionError), socket.socket(socket.AF_UNIX) as client:
        deadline = time.monotonic() + _LIMIT_SECONDS
        client.settimeout(_LIMIT_SECONDS)
        client.connect(path)
        client.sendall(_REQUEST)
        head, _, body = b"".join(_received(client, deadline)).partition(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            return None
        return dict(_named(json.loads(body)))
    return None


def _received(client: socket.socket, deadline: float) -> Iterator[bytes]:
    """Yield an answer piece by piece. Raises: OSError, TimeoutError among them; ValueError."""
    size = 0
    while part := client.recv(65536):
        yield part
        size += len(part)
        if size > _LARGEST_BYTES:
            raise ValueError(size)
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        client.settimeout(left)


def _named(told: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    for each in told if isinstance(told, list) else ():
        names = each.get("Names") if isinstance(each, dict) else None
        if isinstance(names, list):
            yield str(each.get("Id")), tuple(str(name).removeprefix("/") for name in names)

"""Under which names the server answers: a page of another name is another site's.

A browser sends a request with the name of the page that it believes to talk to. A site whose name
is made to lead to this machine (DNS rebinding) sends its own name in Host and in Origin: comparing
the two proves nothing, only the list of names does.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::([0-9]{1,5}))?")
_SAME_SITE = ("same-origin", "none")


class Origins:
    """The names of this server, and which requests they allow."""

    def __init__(self, bind: str, scheme: str, more_names: Iterable[str] = ()) -> None:
        """`bind`: the address on which it listens; `more_names`: by which it is reached, too."""
        self._scheme = scheme
        self._any_address = not is_loopback(bind)
        names = {*_LOOPBACK_NAMES, *(name.lower() for name in more_names)}
        if self._any_address:
            names.add(socket.gethostname().lower())
        self._names = names

    def is_ours(self, host: str | None) -> bool:
        """Return whether a Host header names this server."""
        found = _AUTHORITY.fullmatch((host or "").lower())
        if found is None:
            return False
        name = found[1]
        # An address in figures cannot be made to lead elsewhere; on loopback there are but two.
        return name in self._names or (self._any_address and _is_address(name))

    def is_allowed(self, host: str, origin: str | None, fetched_from: str | None) -> bool:
        """Return whether the page that sent a request is ours; `host` is one of ours.

        origin: the Origin header, None: not a page's request, or one that only navigates.
        fetched_from: the header Sec-Fetch-Site.
        """
        if fetched_from is not None and fetched_from not in _SAME_SITE:
            return False
        # The port counts, too: other programs serve pages on this machine.
        return origin is None or origin.lower() == f"{self._scheme}://{host.lower()}"


def is_loopback(bind: str) -> bool:
    """Return whether only this machine reaches that address."""
    try:
        return bind == "localhost" or ipaddress.ip_address(bind.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True

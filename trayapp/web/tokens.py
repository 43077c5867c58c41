"""Who may ask: two random tokens on disk, sessions of browsers signed with them, few guesses.

The token of the address that `memtray serve` prints allows everything, the other one only to look.
A browser gets a session in its place, which no script can read and which other pages cannot use;
as it is signed with the token, it outlives a restart of the server and ends with the token.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from trayapp.dataclass import NamedTuple
from trayapp.errors import MemtrayError
from trayapp.language.catalogue import _

Role = Literal["full", "read_only"]
ROLES: tuple[Role, ...] = ("full", "read_only")
SESSION_SECONDS = 7 * 86_400
MOST_WRONG = 10
"""So many wrong tokens a minute are answered as such, of each address."""
_MINUTE_SECONDS = 60.0
_MOST_ADDRESSES = 1000
_FILES: dict[Role, str] = {"full": "web-token", "read_only": "web-token-read-only"}
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST_BYTES = 100


class Tokens(NamedTuple):
    """The secrets of one Memtray."""

    full: str
    read_only: str

    def role_of(self, token: str) -> Role | None:
        """Return what a token allows; takes the same time for any that is wrong."""
        given = token.encode("utf-8", "replace")
        found: Role | None = None
        for role in ROLES:
            if hmac.compare_digest(given, getattr(self, role).encode()):
                found = role
        return found

    def session(self, role: Role, now_wall_seconds: float) -> str:
        """Return what a browser is given for its cookie."""
        ends = int(now_wall_seconds) + SESSION_SECONDS
        return f"{role}.{ends}.{self._signature(role, ends)}"

    def role_of_session(self, session: str, now_wall_seconds: float) -> Role | None:
        """Return what a browser's cookie allows; None: it has ended, or was never given."""
        role, _dot, rest = session.partition(".")
        ends, _dot, signature = rest.partition(".")
        if role not in ROLES or not ends.isascii() or not ends.isdecimal() or len(ends) > 12:
            return None
        wanted = self._signature(role, int(ends))
        is_signed = hmac.compare_digest(signature.encode("utf-8", "replace"), wanted.encode())
        return role if is_signed and int(ends) > now_wall_seconds else None

    def proof(self, challenge: str) -> str:
        """Return what only a server that has the token can answer, which does not tell it."""
        text = f"memtray proof {challenge}".encode()
        return hmac.new(self.full.encode(), text, hashlib.sha256).hexdigest()

    def _signature(self, role: Role, ends: int) -> str:
        # Not of the other role's token: whoever has that one could make sessions of this one.
        key = getattr(self, role).encode()
        digest = hmac.new(key, f"memtray session {role} {ends}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def load_tokens(folder: Path, *, renew: bool = False) -> Tokens:
    """Return the tokens that are kept in `folder`; makes those that are missing, or all anew.

    Raises: MemtrayError if they cannot be kept.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Tokens(*(_load(token_file(folder, role), renew) for role in ROLES))
    except OSError as error:
        text = _("Cannot keep the dashboard's token in {folder}: {reason}")
        raise MemtrayError(text.format(folder=folder, reason=error.strerror)) from error


def token_file(folder: Path, role: Role) -> Path:
    """Return the file of a token, for programs that read it there."""
    return folder / _FILES[role]


def _load(file: Path, renew: bool) -> str:
    if not renew:
        try:
            is_ours = _is_private(file)
            found = file.read_bytes()[:_LONGEST_BYTES].decode("ascii", "replace").strip()
            if is_ours and _TOKEN.fullmatch(found):
                return found
        except FileNotFoundError:
            pass
    token = secrets.token_urlsafe(32)
    new = file.with_name(file.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(token + "\n")
    new.replace(file)
    return token


def _is_private(file: Path) -> bool:
    """Return whether nobody else could have read it; what others could read is known to them."""
    found = file.lstat()
    if not hasattr(os, "geteuid"):
        return file.is_file()
    return file.is_file() and found.st_uid == os.geteuid() and not found.st_mode & 0o077


class Attempts:
    """Counts wrong tokens by address, so that nobody can try many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()

    def wait_seconds(self, address: str) -> float:
        """Return how long this address has to wait before it may try again."""
        now = self._clock()
        recent = [at for at in self._wrong.get(address, ()) if now - at < _MINUTE_SECONDS]
        if len(recent) < MOST_WRONG:
            return 0.0
        return _MINUTE_SECONDS - (now - recent[-MOST_WRONG])

    def note_wrong(self, address: str) -> None:
        now = self._clock()
        recent = [at for at in self._wrong.pop(address, ()) if now - at < _MINUTE_SECONDS]
        self._wrong[address] = [*recent, now][-MOST_WRONG:]
        while len(self._wrong) > _MOST_ADDRESSES:
            self._wrong.popitem(last=False)

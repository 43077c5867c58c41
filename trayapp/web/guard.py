"""What every request passes first: whether it is for us, from our page, and may be asked."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trayapp.errors import MemtrayError
from trayapp.language.catalogue import _
from trayapp.web.origins import Origins
from trayapp.web.problems import ProblemError, problem_of, problem_response
from trayapp.web.running import PROOF_PATH
from trayapp.web.tokens import Attempts, Role, Tokens

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
LONGEST_PATH = 2048
LONGEST_HEAD = 16 * 1024
"""Bytes of address and headers. h11 bounds only what is incomplete, so not what comes in one piece,
as most does on one machine."""
PUBLIC_PATHS = ("/", "/texts.json", "/favicon.ico", "/api/openapi.json", PROOF_PATH)
"""Here, and below `/page/`, is nothing that a stranger may not know."""
_PUBLIC_FOLDER = "/page/"
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_FOR_VIEWERS_TOO = ("/api/session", "/api/downloads")
_logger = logging.getLogger(__name__)


class Guard:
    """The outermost layer of the server's ASGI application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        origins: Origins,
        tokens: Tokens,
        cookie_name: str,
        is_read_only: bool = False,
        attempts: Attempts | None = None,
        on_request: Callable[[], object] = lambda: None,
    ) -> None:
        """is_read_only: nobody may do more than look. on_request: called by each that may ask."""
        self._app = app
        self._origins = origins
        self._tokens = tokens
        self._cookie_name = cookie_name
        self._is_read_only = is_read_only
        self._attempts = attempts or Attempts()
        self._on_request = on_request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return
        sender = _Sender(send)
        # So that the router raises what it does not know, rather than answer in its own way.
        scope["app"] = self
        try:
            self._check(scope)
            await self._app(scope, receive, sender)
        except Exception as error:
            if not sender.has_begun:
                await problem_response(_problem_in(error))(scope, receive, sender)
            elif not isinstance(error, OSError):
                # What was sent is incomplete, and the other side is to notice.
                _logger.exception("an answer broke off")
                raise

    def _check(self, scope: Scope) -> None:
        """Let the request pass, with its role in the scope's state. Raises: ProblemError."""
        headers = _headers(scope)
        host, origin = headers.get("host"), headers.get("origin")
        if host is None or not self._origins.is_ours(host):
            text = _("This server does not answer under that name; see --name in its help")
            raise ProblemError(421, text)
        if len(scope["path"]) > LONGEST_PATH:
            raise ProblemError(414, _("The address is too long"))
        if _head_bytes(scope) > LONGEST_HEAD:
            raise ProblemError(431, _("The head of this request is too long"))
        is_page = _is_public(scope)
        fetched_from = None if is_page else headers.get("sec-fetch-site")
        if not self._origins.is_allowed(host, origin, fetched_from):
            raise ProblemError(403, _("Pages of other sites may not use this server"))
        if is_page:
            return
        role, by_cookie = self._role(scope, headers)
        is_seen = origin is not None or fetched_from is not None
        is_changing = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
        if by_cookie and is_changing and not is_seen:
            raise ProblemError(403, _("Pages of other sites may not use this server"))
        path = scope["path"]
        if (
            role == "read_only"
            and scope["type"] == "http"
            and is_changing
            and not path.startswith(_FOR_VIEWERS_TOO)
        ):
            raise ProblemError(403, _("This token is read-only; use the full one"))
        scope.setdefault("state", {})["role"] = role
        self._on_request()

    def _role(self, scope: Scope, headers: Mapping[str, str]) -> tuple[Role, bool]:
        """Return what the request may do, and whether a browser's cookie says so."""
        kind, _space, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._limited(self._role_of_token(scope, token.strip())), False
        session = _cookie(headers.get("cookie", ""), self._cookie_name)
        role = self._tokens.role_of_session(session, time.time()) if session else None
        if role is None:
            text = _("Open the address that memtray serve printed, or send its token")
            raise ProblemError(401, text, {"WWW-Authenticate": 'Bearer realm="memtray"'})
        return self._limited(role), True

    def _role_of_token(self, scope: Scope, token: str) -> Role:
        # A right one counts in any case: on one machine all have the same address, and nobody is
        # to lock others out. Of 43 random characters none is ever guessed.
        if (role := self._tokens.role_of(token)) is not None:
            return role
        address = (scope.get("client") or ("",))[0]
        if (wait_seconds := self._attempts.wait_seconds(address)) > 0:
            retry = {"Retry-After": str(int(wait_seconds) + 1)}
            raise ProblemError(429, _("Too many wrong tokens; wait a minute"), retry)
        self._attempts.note_wrong(address)
        challenge = {"WWW-Authenticate": 'Bearer realm="memtray", error="invalid_token"'}
        raise ProblemError(401, _("This is not the token of this server"), challenge)

    def _limited(self, role: Role) -> Role:
        return "read_only" if self._is_read_only else role


class _Sender:
    """Sends, with the headers that every answer has; knows whether an answer has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-store")
        self.has_begun = True
        await self._send(message)


def _head_bytes(scope: Scope) -> int:
    """Return about how many bytes address and headers took, with what stands between them."""
    lines = sum(len(name) + len(value) + 4 for name, value in scope["headers"])
    return len(scope["path"]) + len(scope["query_string"]) + lines


def _headers(scope: Scope) -> dict[str, str]:
    """Return the headers by their names in small letters; of several, the last."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _is_public(scope: Scope) -> bool:
    path = scope["path"]
    is_reading = scope["type"] == "http" and scope["method"] in _SAFE_METHODS
    return is_reading and (path in PUBLIC_PATHS or path.startswith(_PUBLIC_FOLDER))


def _cookie(header: str, name: str) -> str | None:
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return None
    return found.value if found else None


def _problem_in(error: Exception) -> ProblemError:
    """Return what to answer in place of an answer that failed."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, MemtrayError):
        return problem_of(error)
    if isinstance(error, HTTPException):
        texts = {
            404: _("There is nothing at this address"),
            405: _("This method is not allowed here"),
        }
        return ProblemError(
            error.status_code, texts.get(error.status_code, error.detail), error.headers
        )
    _logger.error("a request failed", exc_info=error)
    text = _("Internal error in Memtray: {reason}").format(reason=type(error).__name__)
    return ProblemError(500, text)

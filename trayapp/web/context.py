"""What the endpoints share: where files are, who asks the applet, and how a request is read."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request

from trayapp.control.client import call
from trayapp.dataclass import dataclass, field
from trayapp.language.catalogue import _
from trayapp.web.live import Live
from trayapp.web.problems import ProblemError
from trayapp.web.tokens import Role, Tokens

MOST_BODY_BYTES = 16 * 1024
_BODY_SECONDS = 10.0
_LONG_SECONDS = 120.0
_SHORT_SECONDS = 5.0
_FRESH_SECONDS = 0.5


class Answers:
    """What Memtray answered lately, as JSON; in the server's event loop."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, asyncio.Future[str]]] = {}

    def forget(self) -> None:
        """Know nothing any more, as something is being changed."""
        self._known.clear()

    async def get(self, question: str, ask: Callable[[], dict[str, Any]]) -> str:
        """Return an answer that is young enough, or wait for one: one asks for all who wait."""
        now = time.monotonic()
        at, known = self._known.get(question, (0.0, None))
        if known is None or (known.done() and now - at > _FRESH_SECONDS):
            known = asyncio.ensure_future(asyncio.to_thread(lambda: json.dumps(ask())))
            self._known = {key: one for key, one in self._known.items() if now - one[0] < 60}
            self._known[question] = now, known
        # Who stops waiting does not end it for the others.
        return await asyncio.shield(known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One server's surroundings."""

    runtime: Path
    """Where the running Memtray listens."""
    history_file: Path
    tokens: Tokens
    cookie_name: str
    is_secure: bool
    """Whether it speaks TLS."""
    live: Live
    shows_command_lines: bool = False
    memtray_command: tuple[str, ...] = ()
    """What starts this Memtray again."""

    answers: Answers = field(default_factory=Answers)

    async def ask(
        self, verb: str, arguments: Mapping[str, object] | None = None, *, is_long: bool = False
    ) -> dict[str, Any]:
        """Have the running Memtray do something. Raises: NotRunningError, ControlError."""
        seconds = _LONG_SECONDS if is_long else _SHORT_SECONDS
        self.answers.forget()
        try:
            return await asyncio.to_thread(call, self.runtime, verb, arguments, seconds)
        finally:
            self.answers.forget()

    async def read(
        self, verb: str, arguments: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        """Return what the running Memtray answers, or has answered a moment ago.

        However many ask, it reads all processes twice a second at most. The answer is the caller's
        own. Raises: NotRunningError, ControlError.
        """
        question = json.dumps([verb, arguments])
        line = await self.answers.get(
            question, lambda: call(self.runtime, verb, arguments, _SHORT_SECONDS)
        )
        found: dict[str, Any] = json.loads(line)
        return found


def role_of(request: Request) -> Role:
    role: Role = request.scope["state"]["role"]
    return role


async def body_of(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request; an empty body is an empty one. Raises: ProblemError."""
    raw = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for part in request.stream():
                raw += part
                if len(raw) > MOST_BODY_BYTES:
                    raise ProblemError(413, _("The request is too long"), {"Connection": "close"})
    except TimeoutError as error:
        raise ProblemError(408, _("The request did not come in time")) from error
    if not raw:
        return {}
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise ProblemError(415, _("Send JSON, with Content-Type: application/json"))
    try:
        found = json.loads(raw, parse_constant=_refuse)
        # Half a character cannot be answered, nor passed on.
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ProblemError(400, _("The request is not a JSON object")) from error
    if not isinstance(found, dict):
        raise ProblemError(400, _("The request is not a JSON object"))
    return found


def _refuse(constant: str) -> None:
    raise ValueError(constant)

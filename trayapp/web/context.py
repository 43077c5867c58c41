"""What the endpoints share: where files are, who asks the applet, and how a request is read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request

from trayapp.control.client import call
from trayapp.language.catalogue import _
from trayapp.web.live import Live
from trayapp.web.problems import ProblemError
from trayapp.web.tokens import Role, Tokens

MOST_BODY_BYTES = 16 * 1024
_BODY_SECONDS = 10.0
_LONG_SECONDS = 120.0
_SHORT_SECONDS = 5.0


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

    async def ask(
        self, verb: str, arguments: Mapping[str, object] | None = None, *, is_long: bool = False
    ) -> dict[str, Any]:
        """Ask the running Memtray. Raises: NotRunningError, ControlError."""
        seconds = _LONG_SECONDS if is_long else _SHORT_SECONDS
        return await asyncio.to_thread(call, self.runtime, verb, arguments, seconds)


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
    except (ValueError, RecursionError) as error:
        raise ProblemError(400, _("The request is not a JSON object")) from error
    if not isinstance(found, dict):
        raise ProblemError(400, _("The request is not a JSON object"))
    return found


def _refuse(constant: str) -> None:
    raise ValueError(constant)

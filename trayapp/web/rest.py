"""The REST endpoints about what is so now, and what a person does about it."""

from __future__ import annotations

import re
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from trayapp.web.context import Context, role_of
from trayapp.web.problems import ProblemError
from trayapp.web.running import PROOF_PATH
from trayapp.web.tokens import SESSION_SECONDS

_CHALLENGE = re.compile(r"[A-Za-z0-9]{16,64}")


def rest_routes(context: Context) -> list[BaseRoute]:
    rest = _Rest(context)
    return [
        Route("/api/session", rest.begin_session, methods=["POST"]),
        Route("/api/session", rest.end_session, methods=["DELETE"]),
        Route(PROOF_PATH, rest.prove),
        Route("/api/status", rest.status),
    ]


class _Rest:
    def __init__(self, context: Context) -> None:
        self._context = context

    async def begin_session(self, request: Request) -> Response:
        """Give a browser that has the token, or had it, a cookie in its place."""
        role = role_of(request)
        response = JSONResponse({"role": role})
        response.set_cookie(
            self._context.cookie_name,
            self._context.tokens.session(role, time.time()),
            max_age=SESSION_SECONDS,
            path="/",
            secure=self._context.is_secure,
            httponly=True,
            samesite="strict",
        )
        return response

    async def end_session(self, _request: Request) -> Response:
        response = Response(status_code=204)
        response.delete_cookie(
            self._context.cookie_name, path="/", httponly=True, samesite="strict"
        )
        return response

    async def prove(self, request: Request) -> Response:
        """Answer whether we are the server that has the token, before a browser is sent to it."""
        challenge = request.query_params.get("challenge", "")
        if not _CHALLENGE.fullmatch(challenge):
            raise ProblemError(422, "The challenge is 16 to 64 letters and digits")
        return JSONResponse({"proof": self._context.tokens.proof(challenge)})

    async def status(self, _request: Request) -> Response:
        return JSONResponse(without_command_lines(await self._context.ask("status")))


def without_command_lines(status: dict[str, Any]) -> dict[str, Any]:
    """Return the status without what tells how programs were started."""
    for target in status["targets"]:
        target["nearest_match"], target["unmatched_text"] = None, ""
    return status

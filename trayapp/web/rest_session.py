"""The endpoints that are asked first: for a session, and whether this is the right server."""

from __future__ import annotations

import re
import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from trayapp.web.context import Context, role_of
from trayapp.web.problems import ProblemError
from trayapp.web.queries import Query
from trayapp.web.running import PROOF_PATH
from trayapp.web.tokens import SESSION_SECONDS

_CHALLENGE = re.compile(r"[A-Za-z0-9]{16,64}")


def session_routes(context: Context) -> list[BaseRoute]:
    """Return these routes."""
    rest = _Session(context)
    return [
        Route("/api/session", rest.session, methods=["POST", "DELETE"]),
        Route(PROOF_PATH, rest.prove),
    ]


class _Session:
    def __init__(self, context: Context) -> None:
        self._context = context

    async def session(self, request: Request) -> Response:
        """Give a browser that has the token, or had it, a cookie in its place, or forget it."""
        if request.method == "DELETE":
            response = Response(status_code=204)
            name = self._context.cookie_name
            response.delete_cookie(name, path="/", httponly=True, samesite="strict")
            return response
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

    async def prove(self, request: Request) -> Response:
        """Answer whether we are the server that has the token, before a browser is sent to it."""
        challenge = Query(request.query_params, ("challenge",)).text("challenge")
        if not _CHALLENGE.fullmatch(challenge):
            raise ProblemError(422, "The challenge is 16 to 64 letters and digits")
        return JSONResponse({"proof": self._context.tokens.proof(challenge)})

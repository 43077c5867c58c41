"""The REST endpoints about where memory goes, and what to do about it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

import trayapp
from trayapp.errors import ControlError
from trayapp.language.catalogue import _, spoken_language
from trayapp.language.startup import LANGUAGE_VARIABLE
from trayapp.web.context import Context, body_of
from trayapp.web.problems import ProblemError
from trayapp.web.queries import Query, flag_in, require_known

_WHERE_SECONDS = 60.0


def advice_routes(context: Context) -> list[BaseRoute]:
    """Return these routes."""
    rest = _Advice(context)
    return [
        Route("/api/where", rest.where),
        Route("/api/advice", rest.advice),
        Route("/api/advice/{id:path}/apply", rest.apply, methods=["POST"]),
        Route("/api/advice/{id:path}/dismiss", rest.dismiss, methods=["POST"]),
        Route("/api/advice/{id:path}/undo", rest.undo, methods=["POST"]),
    ]


class _Advice:
    def __init__(self, context: Context) -> None:
        self._context = context

    async def where(self, request: Request) -> Response:
        """The same as `memtray where --json`."""
        Query(request.query_params, ())
        # By the command: what it takes to read all memory of the machine ends with it.
        answer = await self._context.answers.get(f"where {spoken_language()}", self._read_where)
        return Response(answer, media_type="application/json")

    async def advice(self, request: Request) -> Response:
        """The same as `memtray advice --json`."""
        Query(request.query_params, ())
        return JSONResponse(await self._context.read("advice"))

    async def apply(self, request: Request) -> Response:
        """Do what it says."""
        require_known(await body_of(request), ())
        return await self._change(request, {"what": "apply"}, "advice")

    async def dismiss(self, request: Request) -> Response:
        """Put it aside, or never give it again."""
        content = await body_of(request)
        require_known(content, ("for_good",))
        asked = {"what": "dismiss", "for_good": flag_in(content, "for_good")}
        return await self._change(request, asked, "advice")

    async def undo(self, request: Request) -> Response:
        """Take back what was done."""
        require_known(await body_of(request), ())
        return await self._change(request, {"what": "undo"}, "done")

    async def _change(self, request: Request, asked: dict[str, Any], among: str) -> Response:
        wanted = request.path_params["id"]
        told = await self._context.read("advice")
        # A part of an id is none here.
        if wanted not in {one.get("id") for one in told.get(among, ())}:
            raise ProblemError(404, _("There is no such advice; it may be out of date"))
        asked["id"] = wanted
        return JSONResponse(await self._context.ask("advice", asked, is_long=True))

    def _read_where(self) -> dict[str, Any]:
        """Run the command. Any thread. Raises: ControlError."""
        command = [*self._context.memtray_command, "where", "--json"]
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_WHERE_SECONDS,
                env={**os.environ, LANGUAGE_VARIABLE: spoken_language()},
                cwd=Path(trayapp.__file__).parent.parent,
                check=True,
            )
            found: dict[str, Any] = json.loads(done.stdout)
        except subprocess.CalledProcessError as error:
            lines = error.stderr.decode("utf-8", "replace").strip().splitlines()
            raise ControlError((lines or [""])[-1].removeprefix("memtray: ")) from error
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            text = _("Internal error in Memtray: {reason}")
            raise ControlError(text.format(reason=type(error).__name__)) from error
        return found

"""The REST endpoints about the past: curves, runs of programs, and growth."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from trayapp.domain.records.identity import target_of
from trayapp.errors import MemtrayError
from trayapp.history.causes import causes_status
from trayapp.history.run_status import MOST_TARGETS, read_sessions
from trayapp.language.catalogue import _
from trayapp.web.context import Context
from trayapp.web.live_state import sizes_of, state_of
from trayapp.web.past import (
    MOST_CURVES,
    MOST_POINTS,
    history_index,
    read_curves,
    read_growths,
)
from trayapp.web.problems import ProblemError
from trayapp.web.queries import Query

_USUAL_POINTS = 500
_HOUR_SECONDS = 3600.0
_METRIC_PARAMETERS = ("from", "to", "target", "metric", "points")


def history_routes(context: Context) -> list[BaseRoute]:
    """Return these routes."""
    rest = _History(context)
    return [
        Route("/api/metrics", rest.metrics),
        Route("/api/sessions", rest.sessions),
        Route("/api/causes", rest.causes),
        Route("/api/growth", rest.growth),
    ]


class _History:
    def __init__(self, context: Context) -> None:
        self._context = context

    async def metrics(self, request: Request) -> Response:
        """Without parameters what there is, and what is so now; else curves of the history."""
        query = Query(request.query_params, _METRIC_PARAMETERS)
        file = self._context.history_file
        if not request.query_params:
            index = await asyncio.to_thread(history_index, file)
            return JSONResponse({**index, "current": await self._current()})
        since, until = query.span(_HOUR_SECONDS)
        points = query.count("points", _USUAL_POINTS, 4, MOST_POINTS)
        targets, metrics = query.texts("target"), query.texts("metric")
        if len(targets or [""]) * len(metrics or [""]) > MOST_CURVES:
            raise ProblemError(422, _("Ask for fewer curves at a time"))
        curves = await asyncio.to_thread(read_curves, file, since, until, targets, metrics, points)
        return JSONResponse({"from": since, "to": until, "points": points, "curves": curves})

    async def sessions(self, request: Request) -> Response:
        """The latest runs of tracked programs, newest first, each with its health."""
        query = Query(request.query_params, ("target",))
        file, names = self._context.history_file, query.texts("target")[:MOST_TARGETS]
        limits = await self._limits()
        found = await asyncio.to_thread(read_sessions, file, names, limits)
        return JSONResponse({"sessions": found})

    async def causes(self, request: Request) -> Response:
        """What goes before growth of tracked programs, in a month of their history."""
        query = Query(request.query_params, ("target",))
        names = [target_of(name) or name for name in query.texts("target")][:MOST_TARGETS]
        file = self._context.history_file
        return JSONResponse({"causes": await asyncio.to_thread(causes_status, file, names)})

    async def growth(self, request: Request) -> Response:
        """Growth that the detector finds in a stretch of the history."""
        query = Query(request.query_params, ("from", "to", "target"))
        since, until = query.span(_HOUR_SECONDS)
        file, targets = self._context.history_file, query.texts("target")
        found = await asyncio.to_thread(read_growths, file, targets, since, until)
        return JSONResponse({"growths": found})

    async def _current(self) -> dict[str, Any] | None:
        """Return the sizes of now by key; None while Memtray does not run."""
        try:
            told = await self._context.read("table")
        except MemtrayError:
            return None
        if told["system"] is None:
            return None
        state = state_of({**told, "incidents": [], "alerts": None})
        return {"taken_at": state["taken_at"], "sizes_bytes": sizes_of(state)}

    async def _limits(self) -> dict[str, float]:
        """Return the own limits of targets as they are now; none while Memtray does not run."""
        try:
            told = await self._context.read("table")
        except MemtrayError:
            return {}
        return {
            row["name"]: row["limit_bytes"]
            for row in told["rows"]
            if row["kind"] == "target" and row["has_own_limit"] and row["limit_bytes"]
        }

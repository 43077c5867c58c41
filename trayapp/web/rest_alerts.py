"""The REST endpoints about alerts and freed memory: what is known, and what a person does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from trayapp.domain.acting.cleanups import CLEANUP
from trayapp.domain.judging.transitions import JOURNAL_KINDS, decision_said
from trayapp.domain.records.identity import about_of
from trayapp.domain.records.series import Event
from trayapp.errors import HistoryError, NotRunningError
from trayapp.language.catalogue import _
from trayapp.web.context import Context, body_of
from trayapp.web.past import read_events
from trayapp.web.problems import ProblemError
from trayapp.web.queries import Query, flag_in, number_in, require_known, texts_in

MOST_EVENTS = 1000
_USUAL_EVENTS = 200
_WEEK_SECONDS = 7 * 86_400.0
LONGEST_SNOOZE_SECONDS = 366 * 86_400.0
_FREED_KINDS = (CLEANUP, "cleanup_follow_up", "action")


def alert_routes(context: Context) -> list[BaseRoute]:
    """Return these routes."""
    rest = _Alerts(context)
    return [
        Route("/api/alerts", rest.alerts),
        Route("/api/alerts/{id:path}/acknowledge", rest.acknowledge, methods=["POST"]),
        Route("/api/alerts/{id:path}/resolve", rest.resolve, methods=["POST"]),
        Route("/api/alerts/{id:path}/snooze", rest.snooze, methods=["POST"]),
        Route("/api/cleanup", rest.clean, methods=["POST"]),
        Route("/api/optimizations", rest.optimizations),
        Route("/api/events", rest.events),
    ]


class _Alerts:
    def __init__(self, context: Context) -> None:
        self._context = context

    async def alerts(self, request: Request) -> Response:
        """What is open now, and the journal: what was sent, held or done, and why."""
        query = Query(request.query_params, ("from", "to", "limit"))
        since, until = query.span(_WEEK_SECONDS)
        limit = query.count("limit", _USUAL_EVENTS, 1, MOST_EVENTS)
        told: Mapping[str, Any] = {"incidents": None, "alerts": None}
        # While Memtray does not run, what is open is not known; the journal still is.
        with contextlib.suppress(NotRunningError):
            told = await self._context.read("status")
        problem: str | None = None
        try:
            events = await self._events(since, until, JOURNAL_KINDS, limit)
        except HistoryError as error:
            # What is open is known without it.
            events, problem = [], str(error)
        return JSONResponse(
            {
                "open": told["incidents"],
                "alerts": told["alerts"],
                "problem": problem,
                "journal": [_journal_line(event) for event in reversed(events)],
            }
        )

    async def acknowledge(self, request: Request) -> Response:
        """Note that the person knows of it."""
        return await self._settle(request, "ack")

    async def resolve(self, request: Request) -> Response:
        """End it, as the person has dealt with it."""
        return await self._settle(request, "resolve")

    async def snooze(self, request: Request) -> Response:
        """Keep quiet about it for so many seconds."""
        key = request.path_params["id"]
        content = await body_of(request)
        require_known(content, ("seconds",))
        seconds = number_in(content, "seconds", 1, LONGEST_SNOOZE_SECONDS)
        await self._require_open(key)
        asked = {"what": "snooze", "seconds": seconds, "target": key}
        return JSONResponse(await self._context.ask("alerts", asked))

    async def clean(self, request: Request) -> Response:
        """Free memory of Memtray, of the programs named, or of all that are tracked."""
        content = await body_of(request)
        require_known(content, ("targets", "all"))
        asked = {"targets": texts_in(content, "targets"), "all": flag_in(content, "all")}
        return JSONResponse(await self._context.ask("cleanup", asked, is_long=True))

    async def optimizations(self, request: Request) -> Response:
        """What was done to free memory, by persons and automatically, newest first."""
        query = Query(request.query_params, ("from", "to", "limit"))
        since, until = query.span(_WEEK_SECONDS)
        limit = query.count("limit", _USUAL_EVENTS, 1, MOST_EVENTS)
        events = await self._events(since, until, _FREED_KINDS, limit)
        return JSONResponse({"optimizations": [_freed_line(event) for event in reversed(events)]})

    async def events(self, request: Request) -> Response:
        """What happened beside the curves, in order of time."""
        query = Query(request.query_params, ("from", "to", "kinds", "limit"))
        since, until = query.span(_WEEK_SECONDS)
        limit = query.count("limit", _USUAL_EVENTS, 1, MOST_EVENTS)
        kinds = [kind for text in query.texts("kinds") for kind in text.split(",") if kind]
        events = await self._events(since, until, kinds or None, limit)
        return JSONResponse({"events": [event_line(event) for event in events]})

    async def _settle(self, request: Request, what: str) -> Response:
        require_known(await body_of(request), ())
        key = request.path_params["id"]
        await self._require_open(key)
        return JSONResponse(await self._context.ask("alerts", {"what": what, "incident": key}))

    async def _require_open(self, key: str) -> None:
        """Raises: ProblemError unless exactly this incident is open; a part of a key is none."""
        told = await self._context.read("status")
        if key not in {one["key"] for one in told["incidents"]}:
            raise ProblemError(404, _("No open incident has this key; it may have been resolved"))

    async def _events(self, since: float, until: float, kinds: Any, limit: int) -> list[Event]:
        file = self._context.history_file
        return await asyncio.to_thread(read_events, file, since, until, kinds, limit)


def event_line(event: Event) -> dict[str, object]:
    """Return an event as JSON, without what tells how a program was started."""
    return {
        "wall_seconds": round(event.wall_seconds, 3),
        "kind": event.kind,
        "subject": event.subject,
        "about": about_of(event) or None,
        "level": event.level,
        "text": event.text,
        "data": {key: value for key, value in event.data.items() if "command" not in key},
    }


def _journal_line(event: Event) -> dict[str, object]:
    data: Mapping[str, Any] = event.data
    what = data.get("what") or data.get("outcome")
    return {
        "wall_seconds": round(event.wall_seconds, 3),
        "kind": event.kind,
        "subject": event.subject,
        "about": about_of(event) or None,
        "level": event.level or data.get("incident_level") or "",
        "title": event.text,
        "body": data.get("body"),
        "incident": data.get("incident"),
        "what": what,
        "what_text": None if what is None else decision_said(str(what)),
        "reason": data.get("reason"),
    }


def _freed_line(event: Event) -> dict[str, object]:
    figures = ("before_bytes", "after_bytes", "freed_bytes", "kept_bytes", "came_back_bytes")
    return {
        "wall_seconds": round(event.wall_seconds, 3),
        "kind": event.kind,
        "subject": event.subject,
        "text": event.text,
        "outcome": event.data.get("outcome"),
        **{key: event.data.get(key) for key in figures},
    }

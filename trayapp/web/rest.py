"""The REST endpoints about what is so now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from trayapp.errors import NotRunningError
from trayapp.web.context import Context, role_of
from trayapp.web.live_state import row_key
from trayapp.web.metrics import CONTENT_TYPE, metrics_text
from trayapp.web.queries import Query

MOST_PROCESSES = 10_000
SORTS = ("rss_bytes", "name", "pid", "started_at")


def rest_routes(context: Context) -> list[BaseRoute]:
    """Return these routes."""
    rest = _Rest(context)
    return [
        Route("/api/status", rest.status),
        Route("/api/system", rest.system),
        Route("/api/memory", rest.memory),
        Route("/api/processes", rest.processes),
        Route("/metrics", rest.metrics),
    ]


class _Rest:
    def __init__(self, context: Context) -> None:
        self._context = context

    async def status(self, request: Request) -> Response:
        """The same as `memtray status --json`, without command lines."""
        Query(request.query_params, ())
        return JSONResponse(without_command_lines(await self._context.read("status")))

    async def system(self, request: Request) -> Response:
        Query(request.query_params, ())
        told = await self._context.read("status")
        return JSONResponse({key: told[key] for key in ("taken_at", "system", "app")})

    async def memory(self, request: Request) -> Response:
        """All programs as the table shows them, not only the largest."""
        Query(request.query_params, ())
        told = await self._context.read("table", {"all": True})
        system = told["system"] or dict.fromkeys(
            (
                *("total_bytes", "available_bytes", "used_bytes", "swap_used_bytes"),
                *("level", "health", "bars"),
            )
        )
        rows = [_without_command_line(row) | {"key": row_key(row)} for row in told["rows"]]
        return JSONResponse({"taken_at": told["taken_at"], **system, "rows": rows})

    async def processes(self, request: Request) -> Response:
        """Every process; command lines for those only who may see them, if anybody may."""
        query = Query(request.query_params, ("q", "sort", "limit"))
        wanted, sort = query.text("q").casefold(), query.choice("sort", SORTS)
        limit = query.count("limit", MOST_PROCESSES, 1, MOST_PROCESSES)
        may_see = self._context.shows_command_lines and role_of(request) == "full"
        told = await self._context.read("processes", {"arguments": may_see})
        found = [one for one in told["processes"] if _is_meant(one, wanted)]
        found.sort(key=lambda one: _order(one, sort), reverse=sort == "rss_bytes")
        return JSONResponse(
            {"taken_at": told["taken_at"], "count": len(found), "processes": found[:limit]}
        )

    async def metrics(self, request: Request) -> Response:
        """OpenMetrics, also while Memtray does not run."""
        Query(request.query_params, ())
        try:
            status = await self._context.read("status")
        except NotRunningError:
            status = None
        text = metrics_text(status, self._context.live.viewers)
        return Response(text, media_type=CONTENT_TYPE)


def without_command_lines(status: dict[str, Any]) -> dict[str, Any]:
    """Return the status without what tells how programs were started."""
    for target in status["targets"]:
        target["nearest_match"], target["unmatched_text"] = None, ""
    return status


def _without_command_line(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "unmatched_text"}


def _is_meant(process: Mapping[str, Any], wanted: str) -> bool:
    """Return whether a process has what was typed in its name, number or program."""
    texts = (process["name"], process["application"], process["target"])
    is_named = any(wanted in text.casefold() for text in texts if text)
    return not wanted or is_named or str(process["pid"]) == wanted


def _order(process: Mapping[str, Any], sort: str) -> tuple[Any, int]:
    value = process[sort]
    if isinstance(value, str):
        value = value.casefold()
    return (value if value is not None else 0), process["pid"]

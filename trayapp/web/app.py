"""The ASGI application: all routes behind the guard."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp

from trayapp.web.context import Context
from trayapp.web.downloads import Downloads
from trayapp.web.page_files import page_routes
from trayapp.web.rest import rest_routes
from trayapp.web.rest_advice import advice_routes
from trayapp.web.rest_alerts import alert_routes
from trayapp.web.rest_downloads import download_routes
from trayapp.web.rest_history import history_routes
from trayapp.web.streams import stream_routes

_WORTH_PACKING_BYTES = 1000
_PACKING_LEVEL = 5


def make_router(context: Context, downloads: Downloads) -> ASGIApp:
    """Return everything that is served, without the guard."""
    routes: list[BaseRoute] = [
        *page_routes(),
        *stream_routes(context),
        *rest_routes(context),
        *alert_routes(context),
        *history_routes(context),
        *advice_routes(context),
        *download_routes(context, downloads),
        Route("/api/openapi.json", _describe),
    ]
    router = Router(routes, redirect_slashes=False)
    return GZipMiddleware(router, _WORTH_PACKING_BYTES, _PACKING_LEVEL)


async def _describe(_request: Request) -> Response:
    # Only now: few ask for it, and never again.
    from trayapp.web.openapi import openapi_document

    return JSONResponse(openapi_document())

"""The ASGI application: all routes behind the guard.

The page and the live view are there at once; the rest of the interface is loaded when somebody
asks for it: it brings most of the history's code.
"""

from __future__ import annotations

from functools import lru_cache

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from trayapp.language.catalogue import LANGUAGES, speaking, spoken_language
from trayapp.language.startup import accepted_language, catalogue_of
from trayapp.web.context import Context
from trayapp.web.downloads import Downloads
from trayapp.web.page_files import page_routes
from trayapp.web.rest_session import session_routes
from trayapp.web.streams import stream_routes

_WORTH_PACKING_BYTES = 1000
_PACKING_LEVEL = 5


def make_router(context: Context, downloads: Downloads) -> ASGIApp:
    """Return everything that is served, without the guard."""
    routes = [*page_routes(), *stream_routes(context), *session_routes(context)]
    router = Router(routes, redirect_slashes=False, default=_Later(context, downloads))
    return GZipMiddleware(router, _WORTH_PACKING_BYTES, _PACKING_LEVEL)


class _Later:
    """The routes that are loaded when the first of them is asked for."""

    def __init__(self, context: Context, downloads: Downloads) -> None:
        self._context, self._downloads = context, downloads
        self._router: Router | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._router is None:
            self._router = Router(self._routes(), redirect_slashes=False)
        language = accepted_language(Headers(scope=scope).get("accept-language", ""))
        if language is None or language == spoken_language():
            await self._router(scope, receive, send)
        else:
            with speaking(_catalogue_of(language)):
                await self._router(scope, receive, send)

    def _routes(self) -> list[BaseRoute]:
        from trayapp.web.rest import rest_routes
        from trayapp.web.rest_advice import advice_routes
        from trayapp.web.rest_alerts import alert_routes
        from trayapp.web.rest_downloads import download_routes
        from trayapp.web.rest_history import history_routes

        return [
            *rest_routes(self._context),
            *alert_routes(self._context),
            *history_routes(self._context),
            *advice_routes(self._context),
            *download_routes(self._context, self._downloads),
            Route("/api/openapi.json", _describe),
        ]


_catalogue_of = lru_cache(maxsize=len(LANGUAGES))(catalogue_of)


async def _describe(_request: Request) -> Response:
    # Only now: few ask for it, and never again.
    from trayapp.web.openapi import openapi_document

    return JSONResponse(openapi_document())

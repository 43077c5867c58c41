"""The ASGI application: all routes behind the guard."""

from __future__ import annotations

from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp

from trayapp.web.context import Context
from trayapp.web.page_files import page_routes
from trayapp.web.rest import rest_routes
from trayapp.web.streams import stream_routes


def make_router(context: Context) -> ASGIApp:
    """Return everything that is served, without the guard."""
    routes: list[BaseRoute] = [
        *page_routes(),
        *stream_routes(context),
        *rest_routes(context),
    ]
    return Router(routes, redirect_slashes=False)

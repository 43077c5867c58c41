"""The REST endpoints of reports and exports."""

from __future__ import annotations

import errno
import re
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from trayapp.language.catalogue import _
from trayapp.language.extras import OF_ENDING, what_it_needs
from trayapp.language.moments import parse_moment
from trayapp.web.context import Context, body_of, role_of
from trayapp.web.downloads import FOLDER, FORMATS, SPANS, Download, Downloads
from trayapp.web.problems import ProblemError
from trayapp.web.queries import Query, choice_in, flag_in, require_known, texts_in

_MOST_TARGETS = 20
_SINCE = re.compile(r"[0-9]{1,6}(s|min|h|d)|[0-9]{4}-[0-9]{2}-[0-9]{2}.{0,30}")


def download_routes(context: Context, downloads: Downloads) -> list[BaseRoute]:
    """Return these routes."""
    rest = _Rest(context, downloads)
    return [
        Route("/api/downloads", rest.begin, methods=["POST"]),
        Route("/api/downloads/formats", rest.formats),
        Route("/api/downloads/{id}", rest.look, methods=["GET", "DELETE"]),
        Route("/api/downloads/{id}/file", rest.fetch),
        Route("/api/report", rest.report),
    ]


class _Rest:
    def __init__(self, context: Context, downloads: Downloads) -> None:
        self._context = context
        self._downloads = downloads

    async def formats(self, request: Request) -> Response:
        """What can be written here, and what of it needs a package that is missing."""
        Query(request.query_params, ())
        told: dict[str, Any] = {
            what: [{"format": one, "label": _label(one), "needs": _needs(one)} for one in formats]
            for what, formats in FORMATS.items()
        }
        spans = [{"label": _span_label(one), "since": one} for one in SPANS]
        return JSONResponse({**told, "spans": spans})

    async def begin(self, request: Request) -> Response:
        """Begin to write a file; its progress is asked for, and the file fetched, by its id."""
        content = await body_of(request)
        require_known(content, ("what", "format", "since", "private", "targets"))
        what = choice_in(content, "what", tuple(FORMATS))
        ending = choice_in(content, "format", FORMATS[what])
        since, targets = content.get("since"), texts_in(content, "targets")
        is_private = flag_in(content, "private")
        download = self._begin(request, what, ending, since, targets, is_private)
        address = f"/api/downloads/{download.id}"
        return JSONResponse(download.as_json(), 202, headers={"Location": address})

    async def look(self, request: Request) -> Response:
        """How far it is; or end it, and remove its file."""
        download = self._find(request)
        if request.method == "DELETE":
            await self._downloads.remove(download)
            return Response(status_code=204)
        return JSONResponse(download.as_json())

    async def fetch(self, request: Request) -> Response:
        """The file, once it is there."""
        download = self._find(request)
        if download.state != "done":
            raise ProblemError(409, download.problem or _("The file is not ready yet"))
        return _file(download)

    async def report(self, request: Request) -> Response:
        """A report, when it is done: for programs, which can wait."""
        query = Query(request.query_params, ("format", "since", "private", "target"))
        ending = query.choice("format", ("json", "html", "pdf"))
        is_private = query.choice("private", ("false", "true")) == "true"
        since = query.text("since") if "since" in request.query_params else None
        targets = query.texts("target")
        download = self._begin(request, "report", ending, since, targets, is_private)
        try:
            if download.task is not None:
                await download.task
            if download.state != "done":
                status = 404 if download.is_mistake else 502
                raise ProblemError(status, download.problem or _("It failed with an error."))
        except BaseException:
            await self._downloads.remove(download)
            raise
        response = _file(download)
        response.background = BackgroundTask(self._downloads.remove, download)
        return response

    def _begin(
        self,
        request: Request,
        what: str,
        ending: str,
        since: object,
        targets: list[str],
        is_private: bool,
    ) -> Download:
        role = role_of(request)
        if needs := _needs(ending):
            raise ProblemError(501, needs)
        if len(targets) > _MOST_TARGETS or any(map(_is_file, targets)):
            # The command would take what is a file's name for a recording.
            raise ProblemError(422, _("targets must be names of tracked programs"))
        for name in targets:
            if "\0" in name:
                # No command can be given such a name.
                text = _("No tracked program is called {name}.")
                raise ProblemError(404, text.format(name=repr(name)))
        # Whoever may only look sees no command lines; nobody does unless they are shown at all.
        shows = self._context.shows_command_lines and role == "full" and not is_private
        return self._downloads.start(
            role, what, ending, _checked_since(since), targets,
            is_private=what == "report" and not shows,
        )  # fmt: skip

    def _find(self, request: Request) -> Download:
        return self._downloads.find(role_of(request), request.path_params["id"])


def _is_file(name: str) -> bool:
    """Return whether the command would find a file of that name, or one that it may not see."""
    try:
        return (FOLDER / name).exists()
    except OSError as error:
        return error.errno != errno.ENAMETOOLONG


def _file(download: Download) -> FileResponse:
    return FileResponse(
        download.file,
        media_type="application/octet-stream" if download.file.suffix != ".json" else None,
        filename=download.file.name,
    )


def _checked_since(since: object) -> str | None:
    """Return it as the command takes it. Raises: ProblemError."""
    if since is None:
        return None
    try:
        # A number alone means seconds on the command line, but could be meant otherwise here.
        if not isinstance(since, str) or not _SINCE.fullmatch(since):
            raise ValueError(since)
        parse_moment(since)
    except ValueError as error:
        text = _("since must be a duration such as 24h, or a time")
        raise ProblemError(422, text) from error
    return since


def _needs(ending: str) -> str | None:
    needed = OF_ENDING.get(f".{ending}")
    return None if needed is None or needed.is_installed else what_it_needs(f".{ending}", needed)


def _label(ending: str) -> str:
    return {
        "html": _("Web page (.html)"),
        "pdf": _("PDF document (.pdf)"),
        "json": _("JSON file (.json)"),
        "xlsx": _("Excel workbook (.xlsx)"),
        "csv": _("CSV table (.csv)"),
        "parquet": _("Parquet file (.parquet)"),
    }[ending]


def _span_label(since: str | None) -> str:
    return {
        "1h": _("Last hour"),
        "24h": _("Last 24 hours"),
        "7d": _("Last 7 days"),
        "30d": _("Last 30 days"),
        None: _("Entire history"),
    }[since]

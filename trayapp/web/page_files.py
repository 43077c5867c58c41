"""The files of the page, and its texts in the person's language: nothing here needs a token."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from trayapp.dataclass import dataclass
from trayapp.language.catalogue import LANGUAGES, spoken_language
from trayapp.language.startup import CATALOGUES
from trayapp.web.page_texts import FIRST_TEXTS, PAGE_TEXTS, VIEW_TEXTS
from trayapp.web.problems import ProblemError

FOLDER = Path(__file__).parent / "page"
_NAME = re.compile(r"[a-z0-9_-]{1,60}\.(html|css|js|svg|png|webmanifest)")
_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "webmanifest": "application/manifest+json",
}
_SMALLEST_BYTES = 500
_LEAN = ("js", "css")
_PARTS = {"first": FIRST_TEXTS, "views": VIEW_TEXTS}


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    packed: bytes
    media_type: str
    tag: str


def page_routes() -> list[BaseRoute]:
    """Return the routes of everything that is the same for everybody."""
    # None of these waits for anything: in the server's own thread, not each in another one.
    return [
        Route("/", _index),
        Route("/page/{name}", _file),
        Route("/favicon.ico", _icon),
        Route("/texts.json", _texts),
    ]


async def _index(request: Request) -> Response:
    return _answer("index.html", request)


async def _icon(request: Request) -> Response:
    return _answer("icon.svg", request)


async def _file(request: Request) -> Response:
    return _answer(request.path_params["name"], request)


def _answer(name: str, request: Request) -> Response:
    # Only these names: nothing of the path reaches the file system.
    found = _load(name) if _NAME.fullmatch(name) else None
    if found is None:
        raise ProblemError(404, "There is nothing at this address")
    headers = {"ETag": found.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if found.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = found.content
    if len(found.packed) < len(content) and "gzip" in request.headers.get("accept-encoding", ""):
        content = found.packed
        headers["Content-Encoding"] = "gzip"
    return Response(content, headers=headers, media_type=found.media_type)


@lru_cache(maxsize=32)
def _load(name: str) -> _File | None:
    ending = name.rpartition(".")[2]
    try:
        content = (FOLDER / name).read_bytes()
    except OSError:
        return None
    if ending in _LEAN:
        content = _lean(content)
    packed = gzip.compress(content, mtime=0) if len(content) > _SMALLEST_BYTES else content
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    return _File(content, packed, _TYPES[ending], tag)


def _lean(content: bytes) -> bytes:
    """Return a script or style sheet without comments of whole lines, blank lines and indents.

    Nothing else is changed: no text of theirs goes over several lines, as a test holds.
    """
    kept, is_comment = [], False
    for line in map(bytes.strip, content.splitlines()):
        is_comment = is_comment or line.startswith(b"/*")
        if line and not is_comment and not line.startswith(b"//"):
            kept.append(line)
        is_comment = is_comment and not line.endswith(b"*/")
    return b"\n".join((*kept, b""))


async def _texts(request: Request) -> Response:
    asked = request.query_params.get("language", "").replace("-", "_")
    language = asked if asked in LANGUAGES else spoken_language()
    part = request.query_params.get("part", "")
    return JSONResponse(_texts_in(language, part), headers={"Cache-Control": "no-cache"})


@lru_cache(maxsize=12)
def _texts_in(language: str, part: str = "") -> dict[str, object]:
    """Return the page's texts in one of LANGUAGES, whatever this process speaks.

    part: "first" for those of the frame and the first view, "views" for the rest, else all.
    """
    translate: Callable[[str], str] = str
    if language != "en":
        import gettext

        file = CATALOGUES / language / "LC_MESSAGES" / "memtray.mo"
        try:
            with file.open("rb") as stream:
                translate = gettext.GNUTranslations(stream).gettext
        except OSError:
            language = "en"
    return {
        "language": language,
        "html_lang": {"zh_CN": "zh-Hans"}.get(language, language),
        "languages": list(LANGUAGES),
        "texts": {key: translate(text) for key, text in _PARTS.get(part, PAGE_TEXTS).items()},
    }

"""Errors as problem documents (RFC 9457): what happened and what to do, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse

from trayapp.errors import MemtrayError, NotRunningError, UsageError


class ProblemError(Exception):
    """A request that is not answered as asked."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, dict(headers or {})


def problem_response(problem: ProblemError) -> JSONResponse:
    """Return the document about it."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    return JSONResponse(
        content,
        problem.status,
        headers=problem.headers,
        media_type="application/problem+json",
    )


def problem_of(error: MemtrayError) -> ProblemError:
    """Return what an error of Memtray's means to the one who asked."""
    if isinstance(error, NotRunningError):
        return ProblemError(503, str(error), {"Retry-After": "5"})
    # What a mistake on the command line would be is here a name that there is not.
    return ProblemError(404 if error.exit_code == UsageError.exit_code else 502, str(error))

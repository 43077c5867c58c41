"""The description of the REST interface, as OpenAPI 3.1: what can be asked, and what comes back."""

from __future__ import annotations

from typing import Any

from trayapp import __version__
from trayapp.web.downloads import FORMATS
from trayapp.web.openapi_schemas import SCHEMAS
from trayapp.web.past import MOST_POINTS
from trayapp.web.queries import LATEST_SECONDS, LONGEST_TEXT, MOST_VALUES
from trayapp.web.rest import MOST_PROCESSES, SORTS
from trayapp.web.rest_alerts import LONGEST_SNOOZE_SECONDS, MOST_EVENTS

Document = dict[str, Any]
_JSON = "application/json"
_TEXT = {"type": "string", "maxLength": LONGEST_TEXT}
_TEXTS = {"type": "array", "items": _TEXT, "maxItems": MOST_VALUES}
_SINCE = {
    "type": "string",
    "pattern": r"^([1-9][0-9]{0,3}(s|min|h|d)|20[0-9]{2}-"
    r"((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    r"|02-(0[1-9]|1[0-9]|2[0-8]))([ T]([01][0-9]|2[0-3]):[0-5][0-9](Z|[+-]0[0-9]:[0-5][0-9])?)?)$",
}
_MOMENT = {"type": "number", "minimum": 0, "maximum": LATEST_SECONDS}


def openapi_document() -> Document:
    """Return the whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Memtray",
            "version": __version__,
            "description": "Memory of this machine and its programs. Keys carry their units; "
            "times are seconds since 1970; what is not known is null.",
        },
        "security": [{"token": []}],
        "paths": {**_now(), **_past(), **_alerts(), **_files()},
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _now() -> Document:
    limit = {"type": "integer", "minimum": 1, "maximum": MOST_PROCESSES}
    return {
        "/api/session": {
            "post": _operation("Give a browser a cookie in place of the token", "Session"),
            "delete": _operation("Forget the cookie", None, status="204"),
        },
        "/api/status": {"get": _operation("Everything that Memtray sees now", "Status")},
        "/api/system": {"get": _operation("Memory of the machine and of Memtray", "System")},
        "/api/memory": {"get": _operation("All programs, as the table shows them", "Memory")},
        "/api/processes": {
            "get": _operation(
                "Every process",
                "Processes",
                _parameter("q", _TEXT, "What is to be in its name, number or program."),
                _parameter("sort", {"enum": list(SORTS)}, "By what they are in order."),
                _parameter("limit", limit, "How many at most."),
            )
        },
        "/metrics": {
            "get": _operation(
                "OpenMetrics", {"type": "string"}, media="application/openmetrics-text"
            )
        },
        "/api/openapi.json": {
            "get": {**_operation("This description", {"type": "object"}), "security": []}
        },
    }


def _past() -> Document:
    points = {"type": "integer", "minimum": 4, "maximum": MOST_POINTS}
    target = "A key of a row, a name, `system` or `memtray`; may be repeated."
    return {
        "/api/metrics": {
            "get": _operation(
                "Curves of the history; without parameters, which there are and what is so now",
                "Metrics",
                *_span(),
                _parameter("target", _TEXTS, target),
                _parameter("metric", _TEXTS, "What is measured; by default its size."),
                _parameter("points", points, "How many stretches of each curve at most."),
            )
        },
        "/api/sessions": {
            "get": _operation(
                "The latest runs of tracked programs",
                "Sessions",
                _parameter("target", _TEXTS, target),
            )
        },
        "/api/causes": {
            "get": _operation(
                "What goes before growth of tracked programs, in a month of their history",
                "Causes",
                _parameter("target", _TEXTS, "A key of a row, or a name; may be repeated."),
            )
        },
        "/api/growth": {
            "get": _operation(
                "Growth that the detector finds in the history",
                "Growths",
                *_span(),
                _parameter("target", _TEXTS, target),
            )
        },
        "/api/events": {
            "get": _operation(
                "What happened beside the curves",
                "Events",
                *_span(),
                _parameter("kinds", _TEXTS, "Kinds, apart by commas."),
                _limit(),
            )
        },
    }


def _alerts() -> Document:
    seconds = {"type": "number", "minimum": 1, "maximum": LONGEST_SNOOZE_SECONDS}
    key = _parameter(
        "id", {"type": "string", "minLength": 1}, "The key of an open incident.", "path"
    )
    snooze = _body({"seconds": seconds}, ["seconds"])
    names = {"type": "array", "items": {**_TEXT, "minLength": 1}, "maxItems": MOST_VALUES}
    acts = {
        what: {"post": _operation(text, "Settled", key, body=body, more=("404",))}
        for what, text, body in (
            ("acknowledge", "Note that somebody knows of it", _body({})),
            ("resolve", "End it", _body({})),
            ("snooze", "Keep quiet about it for some time", snooze),
        )
    }
    advice = _parameter("id", {"type": "string", "minLength": 1}, "Of a piece of advice.", "path")
    for_good = _body({"for_good": {"type": "boolean"}})
    deeds = {
        what: {"post": _operation(text, "Settled", advice, body=body, more=("404",))}
        for what, text, body in (
            ("apply", "Do what it says", _body({})),
            ("dismiss", "Put it aside", for_good),
            ("undo", "Take back what was done", _body({})),
        )
    }
    return {
        "/api/where": {"get": _operation("Where all memory of this machine is", "Settled")},
        "/api/advice": {"get": _operation("What to do about memory", "Settled")},
        **{f"/api/advice/{{id}}/{what}": operation for what, operation in deeds.items()},
        "/api/alerts": {
            "get": _operation("Open incidents, and the journal", "Alerts", *_span(), _limit())
        },
        **{f"/api/alerts/{{id}}/{what}": operation for what, operation in acts.items()},
        "/api/optimizations": {
            "get": _operation("What was done to free memory", "Optimizations", *_span(), _limit())
        },
        "/api/cleanup": {
            "post": _operation(
                "Free memory: of Memtray, or of programs by their names",
                "Cleaned",
                body=_body({"targets": names, "all": {"type": "boolean"}}),
                more=("404",),
            )
        },
    }


def _files() -> Document:
    download = _parameter("id", {"type": "string", "minLength": 1}, "Of a download.", "path")
    wanted: Document = {
        "since": {"anyOf": [_SINCE, {"type": "null"}]},
        "private": {"type": "boolean"},
        "targets": {"type": "array", "items": {**_TEXT, "minLength": 1}, "maxItems": 20},
    }
    # Each has formats of its own; what is not said is a report.
    files = [
        _fields(
            {"what": {"const": what}, "format": {"enum": list(formats)}, **wanted},
            [] if what == "report" else ["what"],
        )
        for what, formats in FORMATS.items()
    ]
    of_one = "/api/downloads/{id}"
    failed = ("404", "409", "501", "502")
    return {
        "/api/report": {
            "get": _operation(
                "A report, when it is done",
                {},
                _parameter("format", {"enum": ["json", "html", "pdf"]}, "Of the file."),
                _parameter("since", _SINCE, "Such as 24h, or from which day or minute on."),
                _parameter("private", {"enum": ["false", "true"]}, "Whether names are left out."),
                _parameter("target", _TEXTS, "Names of tracked programs."),
                media="*/*",
                more=failed,
            )
        },
        "/api/downloads": {
            "post": _operation(
                "Begin to write a file",
                "Download",
                body={"content": {_JSON: {"schema": {"anyOf": files}}}},
                status="202",
                more=failed,
            )
        },
        "/api/downloads/formats": {"get": _operation("What can be written here", "Formats")},
        of_one: {
            "get": _operation("How far it is", "Download", download, more=("404",)),
            "delete": _operation("End it", None, download, status="204", more=("404",)),
        },
        f"{of_one}/file": {
            "get": _operation("The file", {}, download, media="*/*", more=("404", "409"))
        },
    }


def _span() -> tuple[Document, Document]:
    return (
        _parameter("from", _MOMENT, "From when, wall seconds; after the end: nothing is found."),
        _parameter("to", _MOMENT, "Until when, wall seconds; by default now."),
    )


def _limit() -> Document:
    limit = {"type": "integer", "minimum": 1, "maximum": MOST_EVENTS}
    return _parameter("limit", limit, "How many at most; the newest.")


def _parameter(name: str, schema: Document, text: str, place: str = "query") -> Document:
    required = {"required": True} if place == "path" else {}
    return {"name": name, "in": place, "description": text, "schema": schema, **required}


def _body(fields: Document, required: list[str] | None = None) -> Document:
    schema = _fields(fields, required or [])
    return {"required": bool(required), "content": {_JSON: {"schema": schema}}}


def _fields(fields: Document, required: list[str]) -> Document:
    """Return an object that has these fields and no other."""
    schema = {"type": "object", "properties": fields, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _operation(
    summary: str,
    schema: str | Document | None,
    *parameters: Document,
    body: Document | None = None,
    status: str = "200",
    media: str = _JSON,
    more: tuple[str, ...] = (),
) -> Document:
    """Return one operation; schema: the name of its answer's, or itself; None: no content."""
    answer: Document = {"description": "As asked"}
    if schema is not None:
        found = {"$ref": f"#/components/schemas/{schema}"} if isinstance(schema, str) else schema
        answer["content"] = {media: {"schema": found}}
    refusals = ("400", "401", "403", "408", "413", "414", "415", "421", "422", "429", "431")
    problems = (*refusals, "502", "503")
    problem = {
        "description": "Why not",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    operation: Document = {
        "summary": summary,
        "responses": {status: answer, **dict.fromkeys((*problems, *more), problem)},
    }
    if parameters:
        operation["parameters"] = list(parameters)
    if body is not None:
        operation["requestBody"] = body
    return operation

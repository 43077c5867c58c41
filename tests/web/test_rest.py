"""The REST interface: what it answers, and that its description says the same."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.web.serving import PATIENCE_SECONDS, Served, WebSocketClient, serving, settled
from trayapp.control.client import call
from trayapp.language.catalogue import LANGUAGES
from trayapp.language.startup import catalogue_of

WITHOUT_PARAMETERS = (
    "/api/status",
    "/api/system",
    "/api/memory",
    "/api/processes",
    "/api/metrics",
    "/api/alerts",
    "/api/optimizations",
    "/api/sessions",
    "/api/causes",
    "/api/growth",
    "/api/events",
    "/api/downloads/formats",
)


def fits(schema: dict[str, Any], value: Any, schemas: dict[str, Any]) -> bool:
    """Whether a value is as its schema says; the part of JSON Schema that is used."""
    if "$ref" in schema:
        return fits(schemas[schema["$ref"].rpartition("/")[2]], value, schemas)
    if "anyOf" in schema:
        return any(fits(one, value, schemas) for one in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    kind = schema.get("type")
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "object":
        fields = schema.get("properties", {})
        return (
            isinstance(value, dict)
            and set(schema.get("required", ())) <= set(value)
            and all(fits(fields[key], one, schemas) for key, one in value.items() if key in fields)
        )
    if kind == "array":
        return isinstance(value, list) and all(fits(schema["items"], one, schemas) for one in value)
    return {
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "null": value is None,
        "number": is_number,
        "integer": is_number and isinstance(value, int),
        None: True,
    }[kind]


@pytest.mark.parametrize("path", WITHOUT_PARAMETERS)
def test_an_answer_is_as_described(served: Served, path: str) -> None:
    settled(served)
    document = served.ask("/api/openapi.json", is_known=False).json
    responses = document["paths"][path]["get"]["responses"]
    schema = responses["200"]["content"]["application/json"]["schema"]
    answer = served.ask(path)
    assert answer.status == 200
    assert fits(schema, answer.json, document["components"]["schemas"]), answer.json


@pytest.mark.parametrize("path", WITHOUT_PARAMETERS)
def test_a_parameter_that_there_is_not_is_a_problem(served: Served, path: str) -> None:
    answer = served.ask(f"{path}?no-such=1")
    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert problem["status"] == 422
    assert "'no-such'" in problem["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "from=x",
        "from=-1",
        "to=1e999",
        "to=nan",
        "points=3",
        "points=2001",
        "points=5.5",
        "points=5&points=6",
        f"target={'x' * 501}",
        "&".join(f"target=t{number}" for number in range(101)),
        "&".join(f"target=t{n}&metric=m{n}" for n in range(11)),
    ],
    ids=lambda query: str(query)[:20],
)
def test_values_out_of_reach_are_problems(served: Served, query: str) -> None:
    assert served.ask(f"/api/metrics?{query}").status == 422


def test_figures_agree_with_the_kernel_and_the_command_line(served: Served) -> None:
    told = settled(served)
    assert told["system"]["total_bytes"] == served.ask("/api/memory").json["total_bytes"]
    lines = Path("/proc/meminfo").read_text().splitlines()
    total = next(int(line.split()[1]) for line in lines if line.startswith("MemTotal"))
    assert told["system"]["total_bytes"] <= 1024 * total
    # The applet itself still grows while it starts.
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        told = served.ask("/api/status").json
        processes = served.ask("/api/processes").json["processes"]
        own = next(one for one in processes if one["pid"] == told["app"]["pid"])
        if own["rss_bytes"] == pytest.approx(told["app"]["rss_bytes"], rel=0.05):
            break
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert all("arguments" not in one for one in processes)


def test_processes_are_filtered_and_sorted(served: Served) -> None:
    settled(served)
    found = served.ask("/api/processes?q=TRAYAPP&sort=pid&limit=1").json
    assert len(found["processes"]) <= 1 <= found["count"]
    pids = [one["pid"] for one in served.ask("/api/processes?sort=pid").json["processes"]]
    assert pids == sorted(pids)
    assert served.ask("/api/processes?q=no+such+process+at+all").json["processes"] == []


def test_a_curve_comes_as_columns(served: Served) -> None:
    settled(served)
    answer = served.ask("/api/metrics?target=system&target=memtray&points=50").json
    assert [curve["key"] for curve in answer["curves"]] == ["system", "memtray"]
    for curve in answer["curves"]:
        lengths = {len(curve[column]) for column in ("times", "min", "mean", "max")}
        assert len(lengths) == 1
        assert lengths.pop() <= 100
        assert curve["times"] == sorted(curve["times"])


def test_an_incident_that_is_not_open_cannot_be_settled(served: Served) -> None:
    """A part of a key is no key, whatever the command line makes of it."""
    settled(served)
    for act in ("acknowledge", "resolve", "snooze"):
        answer = served.post(
            f"/api/alerts/{quote('growth:x', safe='')}/{act}",
            {"seconds": 60} if act == "snooze" else {},
        )
        assert answer.status == 404
        assert answer.json["title"] == "Not Found"


def test_memory_is_freed_for_who_may(served: Served) -> None:
    settled(served)
    results = served.post("/api/cleanup").json["results"]
    assert [one["subject"] for one in results] == ["memtray"]
    assert served.post("/api/cleanup", {"targets": ["nobody"]}).status == 404
    assert served.post("/api/cleanup", {"targets": "x"}).status == 422
    assert served.post("/api/cleanup", {"target": ["x"]}).status == 422
    optimizations = served.ask("/api/optimizations").json["optimizations"]
    assert all(one["text"] for one in optimizations)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"[]", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"a": NaN}', "application/json", 400),
        (b"[" * 9000, "application/json", 400),
        (b'{"targets": ["\\ud800"]}', "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"all=true", "application/x-www-form-urlencoded", 415),
        (b" " * 20_000, "application/json", 413),
    ],
    ids=lambda value: str(value)[:15],
)
def test_a_body_that_is_no_object_of_json_is_a_problem(
    served: Served, body: bytes, kind: str, status: int
) -> None:
    """A page of another site can send forms and texts without asking, but not JSON."""
    headers = {"Content-Type": kind}
    answer = served.ask("/api/cleanup", headers, method="POST", body=body)
    assert answer.status == status
    assert answer.json["detail"]


def test_nothing_runs_behind_a_server_whose_memtray_has_quit(tmp_path: Path) -> None:
    """The history is still there; what is so now is a problem with a way out."""
    with serving(tmp_path / "home") as served:
        settled(served)
        call(tmp_path / "home" / "run", "quit")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while served.ask("/api/status").status != 503:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        answer = served.ask("/api/status")
        assert "memtray" in answer.json["detail"]
        # An answer of a moment ago still counts.
        while served.ask("/api/metrics").json["current"] is not None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert served.ask("/api/events").status == 200
        alerts = served.ask("/api/alerts").json
        assert alerts["open"] is None
        assert alerts["problem"] is None
        while b"memtray_up 0" not in served.ask("/metrics").body:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_report_is_written_while_one_looks_on(served: Served) -> None:
    settled(served)
    wanted = {"what": "report", "format": "json", "since": "1h"}
    begun = served.post("/api/downloads", wanted)
    assert begun.status == 202
    address = begun.headers["location"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := served.ask(address).json)["state"] == "running":
        assert 0 <= found["share"] <= 1
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert found["state"] == "done", found
    file = served.ask(found["file"])
    assert file.headers["content-disposition"].startswith("attachment")
    assert json.loads(file.body)["is_private"] is True
    reader = {"Authorization": f"Bearer {served.read_only_token}"}
    assert served.ask(address, reader).status == 404
    assert served.ask(address, method="DELETE").status == 204
    assert served.ask(address).status == 404


@pytest.mark.parametrize(
    "wanted",
    [
        {"what": "gallery"},
        {"what": "report", "format": "xlsx"},
        {"since": "yesterday"},
        {"since": "-o"},
        {"since": 5},
        {"since": "5"},
        {"since": ""},
        {"private": "yes"},
        {"targets": ["/etc/passwd"]},
        {"targets": ["pyproject.toml"]},
        {"targets": [""]},
        {"output": "x"},
    ],
    ids=str,
)
def test_a_file_that_there_is_not_is_a_problem(served: Served, wanted: object) -> None:
    assert served.post("/api/downloads", wanted).status == 422


@pytest.mark.parametrize("name", ["nobody", "x" * 400, "nul\0"], ids=["unknown", "long", "nul"])
def test_a_report_about_a_program_that_there_is_not_is_not_found(served: Served, name: str) -> None:
    answer = served.ask(f"/api/report?target={quote(name)}")
    assert answer.status == 404
    assert "is called" in answer.json["detail"]


def test_what_ends_before_it_begins_has_nothing_in_it(served: Served) -> None:
    settled(served)
    curves = served.ask("/api/metrics?from=1e10&to=5e-3").json["curves"]
    assert [curve["times"] for curve in curves] == [[]]
    assert served.ask("/api/events?from=1e10&to=0").json["events"] == []


@pytest.mark.parametrize("is_there", [True, False], ids=["damaged", "gone"])
def test_without_a_history_everything_of_now_is_told(tmp_path: Path, is_there: bool) -> None:
    with serving(tmp_path / "home") as served:
        settled(served)
        for file in (tmp_path / "home").glob("history.sqlite3*"):
            file.unlink()
            if is_there:
                file.write_bytes(b"no history " * 2000)
        alerts = served.ask("/api/alerts")
        assert alerts.status == 200
        assert alerts.json["journal"] == []
        assert "history" in alerts.json["problem"]
        curve = served.ask("/api/metrics?target=system")
        assert curve.status == 502
        assert curve.json["detail"] == alerts.json["problem"]
        assert served.ask("/api/status").status == 200
        with WebSocketClient(served) as viewer:
            state = viewer.next()
            assert state["type"] == "state"
            while viewer.next()["type"] != "update":
                pass


@pytest.mark.parametrize("language", ["de", "ja", "en"])
def test_texts_are_in_the_language_that_is_asked_for(served: Served, language: str) -> None:
    """Whatever the server itself speaks, also what a command answers for it."""
    translate, *_others = catalogue_of(language)
    headers = {"Accept-Language": {"de": "nl, de-AT;q=0.8, en;q=0.5"}.get(language, language)}
    where = served.ask("/api/where", headers).json
    titles = {part["key"]: part["title"] for part in where["parts"]}
    assert titles["programs"] == translate("Programs")
    nothing = served.ask("/api/alerts/none/acknowledge", headers, method="POST")
    wanted = "No open incident has this key; it may have been resolved"
    assert nothing.json["detail"] == translate(wanted)


def test_many_languages_at_a_time_do_not_mix(served: Served) -> None:
    wanted = "No open incident has this key; it may have been resolved"

    def is_right(language: str) -> bool:
        headers = {"Accept-Language": language.replace("_", "-")}
        answer = served.ask("/api/alerts/none/acknowledge", headers, method="POST")
        said: str = answer.json["detail"]
        return said == catalogue_of(language)[0](wanted)

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(is_right, LANGUAGES * 5))

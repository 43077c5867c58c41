"""Requests by which others' servers on this machine were broken into: each is refused."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import stat
from typing import Any

import pytest

from tests.web.serving import PATIENCE_SECONDS, ROOT, Served, WebSocketClient
from trayapp.web.guard import CONTENT_SECURITY_POLICY, Guard
from trayapp.web.origins import Origins
from trayapp.web.tokens import MOST_WRONG, Tokens

FOREIGN_HOSTS = (
    "example.org",
    "example.org:{port}",
    "127.0.0.1.example.org:{port}",
    "localhost.example.org",
    "127.0.0.1@example.org",
    "192.0.2.7:{port}",
    "",
    "127.0.0.1:{port}, example.org",
)
FOREIGN_ORIGINS = ("http://example.org", "http://localhost:1", "null", "https://127.0.0.1:{port}")
ADDRESSES = ("/", "/page/app.js", "/texts.json", "/api/status", "/metrics", "/events", "/nothing")


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
@pytest.mark.parametrize("path", ADDRESSES)
def test_another_name_is_answered_nothing(served: Served, path: str, host: str) -> None:
    """As a page does whose name was made to lead here (DNS rebinding), whatever it asks for."""
    answer = served.ask(path, {"Host": host.format(port=served.port)})
    assert answer.status in (400, 421)
    assert "status" in answer.json if answer.status == 421 else True


@pytest.mark.parametrize("host", FOREIGN_HOSTS[:4])
def test_a_rebound_page_gets_no_live_view(served: Served, host: str) -> None:
    """Its Origin is the name in Host: comparing the two would let it in."""
    host = host.format(port=served.port)
    headers = {**served.session(), "Host": host, "Origin": f"http://{host}"}
    with WebSocketClient(served, headers=headers) as viewer:
        assert viewer.status == 421


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_another_page_reads_and_does_nothing(served: Served, origin: str) -> None:
    """Also one of another program on this machine, for which a browser sends our cookie."""
    headers = {**served.session(), "Origin": origin.format(port=served.port)}
    for method, path in (
        ("GET", "/api/status"),
        ("POST", "/api/cleanup"),
        ("OPTIONS", "/api/status"),
    ):
        answer = served.ask(path, headers, method=method, is_known=False)
        assert answer.status == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]
    with WebSocketClient(served, headers=headers) as viewer:
        assert viewer.status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_page_embeds_is_refused(served: Served, site: str) -> None:
    """An image or a form has no Origin; the browser still says from where it was asked for."""
    cookie = {"Cookie": served.session()["Cookie"], "Sec-Fetch-Site": site}
    assert served.ask("/api/status", cookie, is_known=False).status == 403
    assert served.ask("/events", cookie, is_known=False).status == 403
    assert served.ask("/api/cleanup", cookie, method="POST", is_known=False).status == 403


def test_a_cookie_alone_changes_nothing(served: Served) -> None:
    """Where a browser says nothing of the page that asks."""
    cookie = {"Cookie": served.session()["Cookie"]}
    assert served.ask("/api/status", cookie, is_known=False).status == 200
    assert served.ask("/api/cleanup", cookie, method="POST", is_known=False).status == 403
    with WebSocketClient(served, headers=cookie) as viewer:
        assert viewer.status == 403


def test_our_own_page_reads_and_acts(served: Served) -> None:
    headers = {**served.session(), "Sec-Fetch-Site": "same-origin"}
    assert served.ask("/api/status", headers, is_known=False).status == 200
    answer = served.ask("/api/cleanup", headers, method="POST", body=b"{}", is_known=False)
    assert answer.status == 200
    with WebSocketClient(served, headers=headers) as viewer:
        assert viewer.status == 101


def test_a_session_is_out_of_reach_of_scripts_and_other_sites(served: Served) -> None:
    answer = served.ask("/api/session", {"Origin": served.origin}, method="POST")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"memtray_{served.port}=full.")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert served.token not in cookie
    assert served.read_only_token not in cookie


@pytest.mark.parametrize("path", ["/api/status", "/api/memory", "/metrics", "/events", "/api/none"])
def test_nothing_is_told_without_a_token(served: Served, path: str) -> None:
    assert served.ask(path, is_known=False).status == 401
    wrong = {"Authorization": "Basic bWVtdHJheTptZW10cmF5"}
    assert served.ask(path, wrong, is_known=False).status == 401
    forged = {"Cookie": f"memtray_{served.port}=full.99999999999.AAAA", "Origin": served.origin}
    assert served.ask(path, forged, is_known=False).status == 401
    with WebSocketClient(served, headers={}) as viewer:
        assert viewer.status == 401


def test_a_session_of_one_role_is_none_of_the_other(served: Served) -> None:
    reader = {"Authorization": f"Bearer {served.read_only_token}", "Origin": served.origin}
    cookie = served.ask("/api/session", reader, method="POST").headers["set-cookie"]
    raised = cookie.partition(";")[0].replace("=read_only.", "=full.")
    headers = {"Cookie": raised, "Origin": served.origin}
    assert served.ask("/api/status", headers, is_known=False).status == 401


def test_whoever_may_only_look_changes_nothing(served: Served) -> None:
    reader = {"Authorization": f"Bearer {served.read_only_token}"}
    assert served.ask("/api/session", reader, method="POST").json == {"role": "read_only"}
    for path in ("/api/cleanup", "/api/alerts/x/resolve", "/api/alerts/x/acknowledge"):
        assert served.ask(path, reader, method="POST", body=b"{}").status == 403
    with WebSocketClient(served, headers=reader) as viewer:
        assert viewer.next()["role"] == "read_only"


def test_tokens_are_for_their_owner_only(served: Served) -> None:
    for name in ("web-token", "web-token-read-only"):
        file = served.home / name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert len(file.read_text().strip()) == 43
    assert served.token != served.read_only_token


def test_guessing_is_told_to_wait_and_locks_nobody_out() -> None:
    tokens = Tokens("a" * 43, "b" * 43)
    guard = Guard(
        nowhere, origins=Origins("127.0.0.1", "http"), tokens=tokens, cookie_name="memtray_1"
    )
    statuses = [answer_of(guard, f"wrong{number}") for number in range(MOST_WRONG + 2)]
    assert statuses == [401] * MOST_WRONG + [429] * 2
    assert answer_of(guard, tokens.full) == 204
    assert answer_of(guard, "wrong", client="192.0.2.1") == 401


TRAVERSALS = (
    "/page/../tokens.py",
    "/page/..%2ftokens.py",
    "/page/%2e%2e/tokens.py",
    "/page/..%5ctokens.py",
    "/page/%2fetc%2fpasswd",
    "/page//etc/passwd",
    "/page/.hidden.js",
    "/page/app.js%00.css",
    "/page/APP.JS",
    "//etc/passwd",
    "/../../etc/passwd",
)


@pytest.mark.parametrize("path", TRAVERSALS)
def test_only_the_pages_own_files_are_served(served: Served, path: str) -> None:
    answer = served.ask(path)
    assert answer.status == 404
    assert b"root:" not in answer.body


def test_every_answer_forbids_what_a_page_does_not_need(served: Served) -> None:
    for path in ("/", "/api/status", "/api/none", "/metrics", "/texts.json", "/page/none.js"):
        headers = served.ask(path).headers
        policy = headers["content-security-policy"]
        assert policy == CONTENT_SECURITY_POLICY
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


def test_the_page_loads_nothing_from_elsewhere() -> None:
    files = sorted((ROOT / "trayapp" / "web" / "page").iterdir())
    texts = {file.name: file.read_text("utf-8") for file in files if file.suffix != ".png"}
    for name, text in texts.items():
        addresses = set(re.findall(r"https?://[^\s\"'`<>)]+", text))
        assert addresses <= {"http://www.w3.org/2000/svg"}, name
        assert "innerHTML" not in text, name
    assert not re.search(r"\son[a-z]+=|<script>|<style", texts["index.html"])


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: {host}\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: {host}\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: {host}\r\n" + b"X: a\r\n" * 4000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: {host}\r\nHost: example.org\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET http://example.org/ HTTP/1.1\r\nHost: {host}\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100 + b"\r\n\r\n",
        b"POST /api/cleanup HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/status HTTP/1.1\r\n\r\n",
    ],
    ids=["line", "header", "headers", "two hosts", "no host", "absolute", "tls", "smuggled"],
)
def test_nonsense_is_refused_and_the_next_is_answered(served: Served, request_bytes: bytes) -> None:
    with socket.create_connection(("127.0.0.1", served.port), PATIENCE_SECONDS) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(request_bytes.replace(b"{host}", served.host.encode()))
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(65536):
                answer += part
    statuses = re.findall(rb"HTTP/1\.1 (\d+)", answer)
    assert all(status.startswith(b"4") for status in statuses), answer[:200]
    assert served.ask("/api/status").status == 200


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {"X-Long": "a" * 20_000}),
        ("/api/status", {f"X-{number}": "a" for number in range(4000)}),
        (f"/api/metrics?target={'a' * 20_000}", {}),
    ],
    ids=["one header", "many headers", "query"],
)
def test_a_long_head_is_refused_also_in_one_piece(
    served: Served, path: str, headers: dict[str, str]
) -> None:
    """Sent at once it is seldom incomplete, which is all that h11 bounds."""
    for _ in range(5):
        assert served.ask(path, headers).status in (400, 431)
    assert served.ask("/api/status").status == 200


def test_names_are_data_and_never_markup(served: Served) -> None:
    """They come as JSON, which no browser shows as a page, whatever is in them."""
    for path in ("/api/memory", "/api/processes", "/api/status"):
        assert served.ask(path).headers["content-type"] == "application/json"


def test_a_viewer_who_talks_is_sent_away(served: Served) -> None:
    with WebSocketClient(served) as viewer, pytest.raises((EOFError, ConnectionError)):
        for _ in range(1000):
            viewer.say("x" * 100)
        while True:
            viewer.next()


def test_a_message_that_is_too_long_ends_its_viewer(served: Served) -> None:
    with WebSocketClient(served) as viewer, pytest.raises((EOFError, ConnectionError)):
        viewer.say("x" * 100_000)
        while True:
            viewer.next()


async def nowhere(_scope: Any, _receive: Any, send: Any) -> None:
    """An application that has nothing to say."""
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def answer_of(guard: Guard, token: str, client: str = "127.0.0.1") -> int:
    """The status of one request with this token."""
    headers = [(b"host", b"127.0.0.1"), (b"authorization", f"Bearer {token}".encode())]
    scope = {
        "type": "http", "method": "GET", "path": "/api/status", "headers": headers,
        "client": (client, 1), "query_string": b"",
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(guard(scope, receive, send))
    status: int = sent[0]["status"]
    return status

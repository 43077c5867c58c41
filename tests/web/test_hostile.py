"""Requests by which others' servers on this machine were broken into: each is refused."""

from __future__ import annotations

import pytest

from tests.web.serving import Served, WebSocketClient

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
